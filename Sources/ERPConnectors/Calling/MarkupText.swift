/// Text to and from the HTML that some ERPs keep descriptions in.
enum MarkupText {
    /// Plain text as HTML, line by line.
    static func html(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("\r\n", with: "\n").replacing("\n", with: "<br>")
    }

    /// HTML without its tags; the usual entities decoded.
    static func plain(_ html: String) -> String {
        var text = ""
        var isInTag = false
        for character in html.replacing("<br>", with: "\n").replacing("</p>", with: "\n") {
            switch character {
            case "<": isInTag = true
            case ">" where isInTag: isInTag = false
            default: if !isInTag { text.append(character) }
            }
        }
        let entities = [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&"),
        ]
        for (entity, character) in entities { text = text.replacing(entity, with: character) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: " ").joined(separator: " ")
        }
        let first = lines.firstIndex { !$0.isEmpty } ?? lines.endIndex
        let last = lines.lastIndex { !$0.isEmpty } ?? lines.endIndex
        return first == lines.endIndex ? "" : lines[first...last].joined(separator: "\n")
    }
}
