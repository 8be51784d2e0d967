import HTTPTypes
import NIOCore

/// How a response goes onto the wire: its framing, what is sent of its body, what happens to the connection.
struct ResponsePlan {
    enum Body {
        case nothing
        case bytes(ByteBuffer)
        case file(FileSlice)
        case stream(ResponseBody.Producer)
    }

    let framing: ResponseFraming
    let fate: ConnectionFate
    let body: Body

    /// Plans a response; `head` is nil when the request was not understood.
    init(_ response: Response, for head: RequestHead?, fate: ConnectionFate) {
        let hasNoBody = response.status.kind == .informational || response.status == .noContent
        if hasNoBody || response.status == .notModified {
            // RFC 9110 section 8.6: no Content-Length with 1xx and 204; with 304 it would speak of the other response.
            framing = .none
            body = .nothing
            self.fate = fate
            return
        }
        let isHead = head?.method == .head
        switch response.body.content {
        case .bytes(let bytes):
            framing = .fixed(bytes.readableBytes)
            body = isHead || bytes.readableBytes == 0 ? .nothing : .bytes(bytes)
            self.fate = fate
        case .file(let file):
            framing = .fixed(file.length)
            body = isHead || file.length == 0 ? .nothing : .file(file)
            self.fate = fate
        case .stream(let length?, let producer):
            framing = .fixed(length)
            body = isHead ? .nothing : .stream(producer)
            self.fate = fate
        case .stream(nil, let producer):
            let isOld = head?.version == .http10
            framing = isOld ? .untilClose : .chunked
            body = isHead ? .nothing : .stream(producer)
            self.fate = isOld ? .close : fate
        case .webSocket:
            framing = .none
            body = .nothing
            self.fate = fate
        }
    }
}
