import Foundation

/// The C library's message of an error number.
func systemMessage(_ code: Int32) -> String {
    String(cString: strerror(code))
}

/// Throws the current `errno` as an ``EmbeddedError/file(path:operation:code:)`` when a call returned -1.
@discardableResult
func check(_ result: Int32, _ operation: String, _ path: String) throws(EmbeddedError) -> Int32 {
    if result == -1 { throw .file(path: path, operation: operation, code: errno) }
    return result
}
