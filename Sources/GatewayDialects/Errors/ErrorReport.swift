// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// What the body of an error says, whatever shape it has.
///
/// | Shape | From |
/// |---|---|
/// | `{"error": {"message", "type", "code", "param"}}` | OpenAI and compatible |
/// | `{"type": "error", "error": {"type", "message"}}` | Anthropic |
/// | `{"error": {"code", "message", "status", "details"}}`, also as the one element of an array | Gemini |
/// | `{"message"}`, `{"__type", "message"}` | Amazon |
/// | `{"detail": [{"loc", "msg"}]}`, also as the `message` | servers made with FastAPI, Mistral |
/// | `{"error": "..."}`, `{"message": "..."}`, `{"detail": "..."}`, `{"error_code", "message"}` | servers in between |
///
/// Vendors' shapes: PyPI `openai` 3.52.0, `anthropic` 2.11.0, `google-genai` 3.4.0, `botocore` 1.43.11 (2026-11).
struct ErrorReport {
    var message: String?
    var type: String?
    var code: String?
    var parameter: String?
    /// The reason in a Gemini error's details.
    var reason: String?
    /// The error of the vendor behind another gateway, as text.
    ///
    /// OpenRouter has it in `metadata.raw` (openrouter.ai/docs, "Errors", 2026-11).
    var inner: String?
    /// The HTTP status that the body itself names.
    var status: Int?
    /// How many seconds to wait, of a Gemini error's `RetryInfo`.
    var retryAfter: Int?

    init(message: String? = nil, type: String? = nil) {
        self.message = message
        self.type = type
    }

    init(_ value: JSONValue) {
        var root = value
        if let first = root.array?.first { root = first }
        var object = root
        if let error = root["error"] {
            if let text = error.string { message = text }
            if error.object != nil { object = error }
        }
        message = message ?? object["message"]?.string ?? object["detail"]?.string
        type =
            object["status"]?.string ?? object["type"]?.string ?? root["error_code"]?.string
            ?? root["__type"]?.string
        code = object["code"]?.string
        status = object["code"]?.int ?? object["status"]?.int
        parameter = object["param"]?.string
        inner = object["metadata"]?["raw"]?.string
        if message == nil { readFields(object["detail"] ?? object["message"]?["detail"]) }
        for detail in object["details"]?.array.map(Array.init) ?? [] {
            if let reason = detail["reason"]?.string { self.reason = reason }
            if let delay = detail["retryDelay"]?.string, delay.hasSuffix("s"), let seconds = Double(delay.dropLast()),
                (0...86_400).contains(seconds)
            {
                retryAfter = Int(seconds.rounded(.up))
            }
        }
    }

    /// The most fields that are told of, of a list that may be as long as the request.
    private static let maximumFields = 3

    /// Reads which fields of a request are wrong, and not what stands in them.
    private mutating func readFields(_ detail: JSONValue?) {
        var texts: [String] = []
        for field in (detail?.array.map(Array.init) ?? []).prefix(Self.maximumFields) {
            guard let text = field["msg"]?.string else { continue }
            let path = (field["loc"]?.array.map(Array.init) ?? []).compactMap { $0.string ?? $0.int.map(String.init) }
                .drop { $0 == "body" }.joined(separator: ".")
            if parameter == nil, !path.isEmpty { parameter = path }
            texts.append(path.isEmpty ? text : "\(path): \(text)")
        }
        if !texts.isEmpty { message = texts.joined(separator: "; ") }
    }
}
