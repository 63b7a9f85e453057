// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension AnthropicMessages {
    /// What Anthropic's models in other vendors' clouds want otherwise: no beta flags that the cloud does not know, and a version in place of the model.
    package func relayEdits(
        for envelope: RequestEnvelope,
        to target: TranslationTarget
    ) throws(GatewayError) -> RelayEdits {
        var edits = RelayEdits()
        var gone: [StaticString] = []
        if let flags = try envelope.member("anthropic_beta")?.array, target.anthropicBeta != .all {
            let all = Array(flags)
            let passed = all.filter { flag in flag.string.map { target.anthropicBeta.passes($0) } ?? false }
            if passed.isEmpty {
                gone.append("anthropic_beta")
            } else if passed.count < all.count, let member = try envelope.member("anthropic_beta") {
                let list = JSONValue { writer in
                    writer.beginArray()
                    for flag in passed { writer.value(flag) }
                    writer.endArray()
                }
                edits.edits.append(JSONSplice.Edit(member.range, with: list.bytes))
            }
            if passed.count < all.count {
                var dropped = DroppedMembers()
                for flag in all {
                    guard let name = flag.string else { continue }
                    if !target.anthropicBeta.passes(name) { dropped.note("anthropic_beta \(name)") }
                }
                edits.dropped += dropped.names.isEmpty ? ["anthropic_beta"] : dropped.names
            }
        }
        if target.anthropicBeta != .all {
            let fields = try Self.fieldsWithoutFlag(of: envelope, target)
            gone += fields
            edits.dropped += fields.map(\.description)
        }
        if let version = target.traits.anthropicVersion, let model = envelope.scan.range(ofMember: "model") {
            edits.namesModel = false
            if try envelope.member("anthropic_version") != nil { gone.append("anthropic_version") }
            var writer = JSONWriter()
            writer.string(version)
            var member = ByteBuffer(staticString: #""anthropic_version":"#)
            member.writeImmutableBuffer(writer.buffer)
            edits.edits.append(JSONSplice.Edit(model, with: member))
        }
        for cut in envelope.scan.cuts(ofMembers: gone) {
            edits.edits.append(JSONSplice.Edit(cut, with: ByteBuffer()))
        }
        return edits
    }

    /// Fields that exist only under a beta flag, and the flags (the vendor's beta pages, 2026-11).
    ///
    /// Without `isSpare` the answer would be another one without the field.
    private static let betaFields: [(field: StaticString, flags: [String], isSpare: Bool)] = [
        ("context_management", ["context-management-2025-06-27", "compact-2026-01-12"], true),
        ("mcp_servers", ["mcp-client-2025-04-04", "mcp-client-2025-11-20"], false),
        ("container", ["code-execution-2025-05-22", "code-execution-2025-08-25", "skills-2025-10-02"], false),
    ]

    /// The fields of a request whose flags do not reach the target: a field without its flag is refused there (client-14).
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` for one that cannot be spared.
    private static func fieldsWithoutFlag(
        of envelope: RequestEnvelope,
        _ target: TranslationTarget
    ) throws(GatewayError) -> [StaticString] {
        var fields: [StaticString] = []
        for (field, flags, isSpare) in betaFields {
            guard let value = try envelope.member(field), !value.isNull,
                !flags.contains(where: { target.anthropicBeta.passes($0) })
            else { continue }
            guard isSpare else {
                throw .invalid(
                    field.description,
                    "needs the beta flag '\(flags[0])', which the gateway does not pass to this model's provider."
                )
            }
            fields.append(field)
        }
        return fields
    }

    package func makeRelay(for relay: RelayContext) -> any ResponseTransform {
        guard relay.isStreaming else { return WholeRelay(usageMember: "usage", Self.usage) }
        return StreamRelay(AnthropicObserver(), dialect: self, requestID: relay.requestID)
    }
}

/// Reads Anthropic's stream events in passing.
///
/// Where `message_stop` is missing, the end of the body is the end if the reason has come (stream-20).
struct AnthropicObserver: StreamObserver {
    private var hasReason = false

    mutating func observe(_ event: ObservedEvent, _ observation: inout ResponseObservation) -> EventDisposition {
        if event.name.isEmpty {
            // Some servers leave the line out; the data says the same.
            var walk = JSONWalk(event.data)
            guard walk.enterObject() else { return .forward }
            while let key = walk.nextKey() {
                if walk.isKey(key, "type"), let type = walk.text() {
                    let name = UnsafeRawBufferPointer(rebasing: event.data[type.range])
                    if !name.isEmpty {
                        return observe(ObservedEvent(name: name, data: event.data), &observation)
                    }
                } else {
                    walk.value()
                }
            }
        } else if event.isNamed("content_block_delta") {
            readDelta(event.data, &observation)
        } else if event.isNamed("content_block_start") {
            observation.hasContent = true
        } else if event.isNamed("message_start") {
            if let message = JSONValue(copying: event.data, 0..<event.data.count)?["message"] {
                note(message["usage"], &observation)
            }
        } else if event.isNamed("message_delta") {
            let value = JSONValue(copying: event.data, 0..<event.data.count)
            note(value?["usage"], &observation)
            if value?["delta"]?["stop_reason"]?.text?.isEmpty == false { hasReason = true }
        } else if event.isNamed("message_stop") {
            observation.isComplete = true
        } else if event.isNamed("error"), observation.error == nil {
            observation.error = ErrorReader.streamError(JSONValue(copying: event.data, 0..<event.data.count))
        }
        return .forward
    }

    func observeEnd(_ observation: inout ResponseObservation) {
        if hasReason { observation.isComplete = true }
    }

    private func note(_ usage: JSONValue?, _ observation: inout ResponseObservation) {
        guard let usage, usage.object != nil else { return }
        observation.usage.mergeAnthropic(AnthropicMessages.usage(usage))
        if let tier = usage["service_tier"]?.string { observation.serviceTier = tier }
    }

    /// Counts the text of a delta: `text`, `thinking` or `partial_json`.
    private func readDelta(_ data: UnsafeRawBufferPointer, _ observation: inout ResponseObservation) {
        observation.hasContent = true
        var walk = JSONWalk(data)
        guard walk.enterObject() else { return }
        while let key = walk.nextKey() {
            guard walk.isKey(key, "delta"), walk.enterObject() else {
                walk.value()
                continue
            }
            while let key = walk.nextKey() {
                if walk.isKey(key, "text") || walk.isKey(key, "partial_json") || walk.isKey(key, "thinking"),
                    let text = walk.text()
                {
                    observation.contentBytes &+= walk.decodedCount(of: text)
                } else {
                    walk.value()
                }
            }
            return
        }
    }
}
