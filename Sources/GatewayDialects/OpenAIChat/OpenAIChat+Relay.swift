// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension OpenAIChat {
    package func relayEdits(
        for envelope: RequestEnvelope,
        to target: TranslationTarget
    ) throws(GatewayError) -> RelayEdits {
        var edits = RelayEdits()
        guard envelope.isStreaming else { return edits }
        if envelope.apiType == .mlflowChat { edits.estimatedInput = InputEstimate.tokens(of: envelope) }
        let options = try envelope.member("stream_options")
        guard target.traits.takesStreamOptions != false else {
            // Such an upstream reports usage unasked, or not at all.
            for cut in envelope.scan.cuts(ofMembers: ["stream_options"]) {
                edits.edits.append(JSONSplice.Edit(cut, with: ByteBuffer()))
            }
            return edits
        }
        guard let options, !options.isNull else {
            if let options {
                edits.edits.append(
                    JSONSplice.Edit(options.range, with: ByteBuffer(staticString: #"{"include_usage":true}"#))
                )
            } else {
                edits.members.append(#""stream_options":{"include_usage":true}"#)
            }
            edits.hidesUsage = true
            return edits
        }
        // Anything but an object is for the upstream to refuse.
        guard let object = options.object else { return edits }
        let asked: JSONValue?
        do throws(JSONError) {
            asked = try object.unique("include_usage")
        } catch {
            throw .invalidJSON(error, parameter: "stream_options")
        }
        if let asked {
            if asked.bool == true { return edits }
            guard asked.bool == false || asked.isNull else { return edits }
            edits.edits.append(JSONSplice.Edit(asked.range, with: ByteBuffer(staticString: "true")))
        } else {
            let start = options.range.lowerBound + 1
            let member: StaticString = object.isEmpty ? #""include_usage":true"# : #""include_usage":true,"#
            edits.edits.append(JSONSplice.Edit(start..<start, with: ByteBuffer(staticString: member)))
        }
        edits.hidesUsage = true
        return edits
    }

    package func canRelay(_ envelope: RequestEnvelope, to target: TranslationTarget) throws(GatewayError) -> Bool {
        if envelope.apiType == .mlflowChat, Self.changesReasoning(envelope, at: target) { return false }
        if target.traits.demandsShortCallIDs == true, try Self.hasForeignCallIDs(envelope, target) { return false }
        // Few targets lack a control for structured outputs; only their requests are looked into.
        guard let control = target.traits.structuredOutput, control != .schema,
            let type = try envelope.member("response_format")?["type"]?.text
        else { return true }
        if type == "json_schema" { return false }
        return type == "json_object" ? control == .object : true
    }

    /// Whether a client of Databricks', which has reasoning in blocks of the content, calls a target that has it elsewhere, so that both ways are translated.
    ///
    /// Servers that imitate OpenAI's API tell reasoning in fields of their own (``ChatAnswerParts``); OpenAI's never tells it, and refuses the blocks of a
    /// history.
    private static func changesReasoning(_ envelope: RequestEnvelope, at target: TranslationTarget) -> Bool {
        if target.traits.replaysReasoning == .blocks { return false }
        if target.traits.takesDeveloperRole == false, target.capabilities.reasoning != .unavailable { return true }
        // The scan saw the keys in passing; few bodies have this one.
        return envelope.scan.keys.seen & JSONKeyWatch.references.mask(of: "summary") != 0
            && envelope.scan.value.document.contains("\"summary_text\"")
    }

    /// Whether a conversation has results of calls whose ids the target would refuse, since another model made them.
    private static func hasForeignCallIDs(
        _ envelope: RequestEnvelope,
        _ target: TranslationTarget
    ) throws(GatewayError) -> Bool {
        guard let messages = try envelope.member("messages")?.array else { return false }
        let spelling = CallIDSpelling.chat(target)
        return messages.contains { message in message["tool_call_id"]?.text.map { !spelling.takes($0) } ?? false }
    }

    package func makeRelay(for relay: RelayContext) -> any ResponseTransform {
        guard relay.isStreaming else { return WholeRelay(usageMember: "usage", namesTier: true, Self.usage) }
        if relay.apiType == .mlflowChat {
            return StreamRelay(
                MLflowChatObserver(estimatedInput: relay.estimatedInput),
                dialect: self,
                requestID: relay.requestID
            )
        }
        return StreamRelay(
            OpenAIChatObserver(hidesUsage: relay.hidesUsage),
            dialect: self,
            requestID: relay.requestID
        )
    }
}

/// Reads OpenAI chat chunks in passing.
struct OpenAIChatObserver: StreamObserver {
    /// Whether the client did not ask for the chunk that only reports usage.
    let hidesUsage: Bool
    private var candidates = StreamedCandidates()

    init(hidesUsage: Bool) { self.hidesUsage = hidesUsage }

    mutating func observe(_ event: ObservedEvent, _ observation: inout ResponseObservation) -> EventDisposition {
        if event.isData("[DONE]") {
            observation.isComplete = true
            return .forward
        }
        let chunk = ChatChunk(event.data)
        candidates.note(chunk.candidates)
        observation.note(chunk, of: event.data)
        return hidesUsage && chunk.hasNoChoices && chunk.hasUsage(in: event.data) ? .hide : .forward
    }

    func observeEnd(_ observation: inout ResponseObservation) {
        if candidates.haveReasons { observation.isComplete = true }
    }
}

/// Reads OpenAI chat chunks in passing and gives each one a `usage` member.
///
/// Until the upstream reports figures they are running ones: the prompt's estimate, and the output counted so far.
struct MLflowChatObserver: StreamObserver {
    static let maximumReplacement = ChatUsage.maximumBytes + 16

    private let estimatedInput: Int
    // What the latest chunk gets.
    private var input = 0
    private var output = 0
    private var key: StaticString = ""
    private var candidates = StreamedCandidates()

    init(estimatedInput: Int) {
        self.estimatedInput = estimatedInput
    }

    mutating func observe(_ event: ObservedEvent, _ observation: inout ResponseObservation) -> EventDisposition {
        if event.isData("[DONE]") {
            observation.isComplete = true
            return .forward
        }
        let chunk = ChatChunk(event.data)
        candidates.note(chunk.candidates)
        observation.note(chunk, of: event.data)
        guard chunk.error == nil, let closingBrace = chunk.closingBrace, !chunk.hasUsage(in: event.data) else {
            return .forward
        }
        input = observation.usage.uncachedInput == nil ? estimatedInput : observation.usage.totalInput
        output = observation.usage.output ?? TokenUsage.estimate(textBytes: observation.contentBytes)
        key = chunk.usage != nil ? "" : chunk.hasMembers ? #","usage":"# : #""usage":"#
        return .replace(chunk.usage ?? closingBrace..<closingBrace)
    }

    func observeEnd(_ observation: inout ResponseObservation) {
        if candidates.haveReasons { observation.isComplete = true }
    }

    func writeReplacement(into text: inout RawOutput) {
        text.write(key)
        ChatUsage.write(input: input, output: output, into: &text)
    }
}

extension ResponseObservation {
    /// Notes what a chunk says.
    @inline(__always)
    fileprivate mutating func note(_ chunk: ChatChunk, of data: UnsafeRawBufferPointer) {
        contentBytes &+= chunk.contentBytes
        if chunk.hasContent { hasContent = true }
        if let range = chunk.reportedUsage(in: data), let value = JSONValue(copying: data, range) {
            usage.merge(OpenAIChat.usage(value))
        }
        if let range = chunk.serviceTier, serviceTier == nil {
            serviceTier = String(decoding: data[range], as: UTF8.self)
        }
        if let range = chunk.error, error == nil {
            error = ErrorReader.streamError(JSONValue(copying: data, range))
        }
    }
}
