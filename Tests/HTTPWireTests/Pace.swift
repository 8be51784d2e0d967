/// Lets other tests of the same process run during long loops: they share one thread per core.
enum Pace {
    static func step(_ round: Int) async {
        if round % 50 == 0 { await Task.yield() }
    }
}
