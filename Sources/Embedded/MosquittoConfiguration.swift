/// The generated configuration of the private Mosquitto.
struct MosquittoConfiguration: Sendable {
    var host: String
    var port: Int
    /// The plugin's file.
    var plugin: String
    /// The plugin's accounts.
    var accountsFile: String
    /// Where sessions and queued messages are kept.
    var folder: String

    /// The configuration file.
    ///
    /// - No limit on queued messages: beyond it Mosquitto drops silently while the server is away, and acknowledges.
    /// - Sessions and queues are saved every 10 s, and when the broker is stopped; what it queued since is lost only
    ///   when the broker itself is killed.
    var text: String {
        """
        # Written by plantwright at every start.
        listener \(port) \(host)
        allow_anonymous false
        plugin \(plugin)
        plugin_opt_config_file \(accountsFile)
        persistence true
        persistence_location \(folder)/
        persistence_file mosquitto.db
        autosave_interval 10
        autosave_on_changes false
        max_queued_messages 0
        queue_qos0_messages true
        max_queued_bytes 0
        max_inflight_messages 1000
        message_size_limit 4194304
        set_tcp_nodelay true
        connection_messages false
        log_dest stderr
        log_timestamp_format %Y-%m-%dT%H:%M:%SZ
        log_type error
        log_type warning
        log_type information

        """
    }
}
