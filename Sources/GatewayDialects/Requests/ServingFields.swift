// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// The fields that Databricks' serving endpoints take beside those of the model's API, and no vendor knows.
///
/// `extra_params` holds parameters of the model as strings, `usage_context` tags, `client_request_id` an id of the client's; `databricks_options` asks for
/// traces, which there are none of. Source: PyPI `databricks-sdk` 0.162.0, `ServingEndpointsAPI.query`, and Databricks documentation, "Query serving endpoints" (2026-11).
struct ServingFields {
    /// The body without them, and with the parameters.
    let scan: JSONScan
    let notes: RequestNotes

    private static let names: [StaticString] = [
        "extra_params", "client_request_id", "usage_context", "databricks_options",
    ]

    /// Reads the fields of a body; nil if it has none of them.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if one of them is not what it should be.
    init?(_ scan: JSONScan) throws(GatewayError) {
        let parameters = try scan.member("extra_params")
        let identifier = try scan.member("client_request_id")
        let context = try scan.member("usage_context")
        let options = try scan.member("databricks_options")
        guard parameters != nil || identifier != nil || context != nil || options != nil else { return nil }
        var notes = RequestNotes()
        if let identifier, !identifier.isNull {
            guard let text = identifier.string else { throw .invalid("client_request_id", "must be a string.") }
            notes.clientRequestID = text.prefixOfUTF8(RequestNotes.maximumIDBytes)
        }
        if let context, !context.isNull { notes.tags = try RequestTags(usageContext: context) }
        if let options, options.object?.isEmpty == false { notes.ignored = ["databricks_options"] }
        self.notes = notes
        let edits = scan.cuts(ofMembers: Self.names).map { JSONSplice.Edit($0, with: ByteBuffer()) }
        let added = try Self.members(of: parameters, besides: scan)
        var body = JSONSplice.apply(edits, to: scan.value.document)
        do throws(JSONError) {
            let rest = try JSONScan(body)
            if added.readableBytes > 0 {
                var member = ByteBuffer(staticString: rest.isEmpty ? "" : ",")
                member.writeImmutableBuffer(added)
                let end = rest.closingBrace
                body = JSONSplice.apply([JSONSplice.Edit(end..<end, with: member)], to: body)
            }
            self.scan = try JSONScan(body, watching: .references)
        } catch {
            throw .invalidJSON(error, parameter: "extra_params")
        }
    }

    /// The parameters as members of the body, `"key":value,...`; one that the body has itself is left out.
    private static func members(of parameters: JSONValue?, besides scan: JSONScan) throws(GatewayError) -> ByteBuffer {
        guard let parameters, !parameters.isNull else { return ByteBuffer() }
        guard let object = parameters.object else { throw .invalid("extra_params", "must be an object.") }
        let present = Set((scan.value.object ?? object).map(\.key.string))
        var writer = JSONWriter()
        var count = 0
        var seen: Set<String> = []
        writer.beginObject()
        for (key, value) in object {
            let name = key.string
            guard seen.insert(name).inserted else { throw .invalid("extra_params", "repeats a key.") }
            guard !present.contains(name), !Self.names.contains(where: { $0.description == name }) else { continue }
            writer.key(key)
            if let text = value.string, let parsed = typed(text, name) {
                writer.value(parsed)
            } else {
                writer.value(value)
            }
            count += 1
        }
        writer.endObject()
        let bytes = writer.buffer
        guard count > 0, let members = bytes.getSlice(at: bytes.readerIndex + 1, length: bytes.readableBytes - 2)
        else { return ByteBuffer() }
        return members
    }

    /// The value that a string stands for; nil where the field is a text, or where the string is no JSON.
    private static func typed(_ text: String, _ name: String) -> JSONValue? {
        guard !texts.contains(name), let value = try? JSONValue(validating: ByteBuffer(string: text)),
            value.text == nil
        else { return nil }
        // `stop` is a text or a list of them, and `42` may be the text.
        if textsOrLists.contains(name), value.array == nil { return nil }
        return value
    }

    /// The fields of chat, completions and embeddings whose values are texts.
    private static let texts: Set<String> = [
        "user", "reasoning_effort", "verbosity", "service_tier", "prompt_cache_key", "prompt_cache_retention",
        "safety_identifier", "suffix", "encoding_format", "input_type", "instruction", "error_behavior", "model",
    ]
    private static let textsOrLists: Set<String> = ["stop", "input", "prompt"]
}
