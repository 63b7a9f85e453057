// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension APIType {
    package static let openAICompletions = APIType("openai/v1/completions", .openAICompletions)
}

/// OpenAI's legacy completions: a text that the model goes on with.
///
/// Shapes: the types of PyPI `openai` 3.52.0, and the members that Databricks adds (PyPI `databricks-genai-inference`, 2026-11).
package struct OpenAICompletions: RelayedDialect {
    package var format: WireFormat { .openAICompletions }

    package var endpoints: [Endpoint] {
        [
            Endpoint(.openAI, "/completions", .openAICompletions),
            Endpoint(.root, "/completions", .openAICompletions),
            Endpoint(.servingEndpoints, "/completions", .openAICompletions),
            .shared(
                .servingEndpoints,
                "/{model}/invocations",
                .openAICompletions,
                field: "prompt",
                purpose: "a completion"
            ),
        ]
    }

    package init() {}

    package var promptFields: PromptFields { PromptFields(content: ["prompt", "suffix"]) }

    /// A stream is asked for usage as one of chat is.
    package func relayEdits(
        for envelope: RequestEnvelope,
        to target: TranslationTarget
    ) throws(GatewayError) -> RelayEdits {
        try OpenAIChat().relayEdits(for: envelope, to: target)
    }

    package func makeRelay(for relay: RelayContext) -> any ResponseTransform {
        guard relay.isStreaming else { return WholeRelay(usageMember: "usage", OpenAIChat.usage) }
        return StreamRelay(
            CompletionObserver(hidesUsage: relay.hidesUsage),
            dialect: self,
            requestID: relay.requestID
        )
    }

    package func rephrase(_ error: inout GatewayError, _ meaning: ErrorMeaning) {
        OpenAIError.rephrase(&error, meaning)
    }

    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer { OpenAIError.body(error) }

    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer { OpenAIError.event(error) }
}

/// Reads the chunks of a completion in passing.
struct CompletionObserver: StreamObserver {
    /// Whether the client did not ask for the chunk that only reports usage.
    let hidesUsage: Bool
    private var candidates = StreamedCandidates()

    init(hidesUsage: Bool) { self.hidesUsage = hidesUsage }

    func observeEnd(_ observation: inout ResponseObservation) {
        if candidates.haveReasons { observation.isComplete = true }
    }

    mutating func observe(_ event: ObservedEvent, _ observation: inout ResponseObservation) -> EventDisposition {
        if event.isData("[DONE]") {
            observation.isComplete = true
            return .forward
        }
        var walk = JSONWalk(event.data)
        guard walk.enterObject() else { return .forward }
        var choices = 0
        var hasUsage = false
        while let key = walk.nextKey() {
            if walk.isKey(key, "choices"), walk.enterArray() {
                while walk.nextElement() {
                    choices += 1
                    readChoice(&walk, &observation)
                }
            } else if walk.isKey(key, "usage"), walk.peek() == UInt8(ascii: "{") {
                guard let usage = JSONValue(copying: event.data, walk.value()) else { continue }
                observation.usage.merge(OpenAIChat.usage(usage))
                hasUsage = true
            } else if walk.isKey(key, "error"), walk.peek() == UInt8(ascii: "{") {
                let error = JSONValue(copying: event.data, walk.value())
                if observation.error == nil { observation.error = ErrorReader.streamError(error) }
            } else {
                walk.value()
            }
        }
        return hidesUsage && choices == 0 && hasUsage ? .hide : .forward
    }

    private mutating func readChoice(_ walk: inout JSONWalk, _ observation: inout ResponseObservation) {
        guard walk.enterObject() else {
            walk.value()
            return
        }
        var index = 0
        var hasReason = false
        while let key = walk.nextKey() {
            if walk.isKey(key, "text"), let text = walk.text() {
                observation.contentBytes &+= walk.decodedCount(of: text)
                if !text.range.isEmpty { observation.hasContent = true }
            } else if walk.isKey(key, "finish_reason"), let reason = walk.text() {
                hasReason = !reason.range.isEmpty
            } else if walk.isKey(key, "index") {
                index = walk.tokenCount() ?? 0
            } else {
                walk.value()
            }
        }
        candidates.note(index, hasReason: hasReason)
    }
}
