// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Answers that follow a schema from targets without such a control: a tool takes the answer, and its call becomes text again (tools-11).
///
/// The tool must be called where that can be demanded. Where the client has tools of its own, or the model thinks (Anthropic refuses a forced tool then,
/// DeepSeek too; 2026-11), an instruction asks for it; so a model may still answer in plain text, which is passed on.
struct StructuredOutputEmulation: Adaptation {
    /// The tool that takes the answer.
    private let tool: JSONString
    private var candidates: [Candidate] = []

    private init(tool: JSONString) {
        self.tool = tool
    }

    static let concerns: RequestContents = .responseFormat

    static func adapt(
        _ request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> (any Adaptation)? {
        let schema: ModelRequest.ResponseFormat.Schema
        switch request.responseFormat {
        case .text: return nil
        case .jsonObject where features.contains(.jsonObject): return nil
        case .jsonSchema where features.contains(.jsonSchema): return nil
        case .jsonObject:
            schema = ModelRequest.ResponseFormat.Schema(
                schema: JSONValue { $0.raw(#"{"type":"object","additionalProperties":true}"#) }
            )
        case .jsonSchema(let asked):
            if let type = asked.schema["type"], type.text.map({ $0 != "object" }) ?? true {
                throw GatewayError(
                    .invalidRequest,
                    "The schema of the response format must be one of an object for this model.",
                    parameter: "response_format"
                )
            }
            schema = asked
        }
        request.responseFormat = .text
        // A tool of the client must be called, so there will be no answer to shape.
        switch request.toolChoice {
        case .required?, .tool?, .allowed(_, isRequired: true)?: if !request.tools.isEmpty { return nil }
        case .auto?, .none?, .allowed?, nil: break
        }
        let name = Self.name(besides: request.tools)
        let emulation = Self(tool: name)
        emulation.addTool(schema, to: &request)
        return emulation
    }

    /// A name that none of the client's tools has.
    private static func name(besides tools: [ModelRequest.Tool]) -> JSONString {
        let taken = Set(tools.map(\.name.string))
        var name = "give_answer"
        while taken.contains(name) { name += "_" }
        return JSONString(name)
    }

    private func addTool(_ schema: ModelRequest.ResponseFormat.Schema, to request: inout ModelRequest) {
        var description = "Takes the answer to the user. Call it once, when nothing else is left to do."
        if let words = schema.description { description += " The answer: \(words.string)" }
        let mayCallOthers: Bool
        if case .some(.none) = request.toolChoice {
            mayCallOthers = false
        } else {
            mayCallOthers = !request.tools.isEmpty
        }
        request.tools.append(
            ModelRequest.Tool(
                name: tool,
                description: JSONString(description),
                parameters: schema.schema,
                isStrict: schema.isStrict
            )
        )
        if !mayCallOthers, !request.reasoning.isEnabled {
            request.toolChoice = .tool(tool)
            return
        }
        switch request.toolChoice {
        case .allowed(let names, _)?: request.toolChoice = .allowed(names + [tool], isRequired: false)
        case .some(.none): request.toolChoice = .allowed([tool], isRequired: false)
        default: break
        }
        let words = "Give your answer to the user by calling the tool '\(tool.string)', not as text."
        // Behind the client's own words to the system, where it moves nothing.
        let place = request.messages.firstIndex { $0.role != .system } ?? request.messages.endIndex
        request.messages.insert(Message(role: .system, parts: [.text(JSONString(words))]), at: place)
    }

    // MARK: The answer

    private static func mended(_ reason: FinishReason, hasOtherCalls: Bool) -> FinishReason {
        reason == .toolCalls && !hasOtherCalls ? .stop : reason
    }

    /// What is known of a candidate's stream.
    private struct Candidate {
        enum Part {
            case none
            /// Passed on as it comes.
            case other
            /// The call that holds the answer; whether any of it came.
            case answer(hasText: Bool)
            /// A text of which it is not clear yet whether it is the answer.
            case held
            /// Left out.
            case ignored
        }

        var part = Part.none
        var hasAnswer = false
        var hasOtherCalls = false
        /// Whole texts, and the beginning of an open one.
        var held: [ModelEvent] = []
        var heldBytes = 0
    }

    /// A longer text is passed on.
    private static let maximumHeld = 1 << 20

    mutating func undo(_ event: ModelEvent, into events: inout [ModelEvent]) {
        guard let index = event.candidate else {
            if case .end = event {
                for index in candidates.indices { Self.release(&candidates[index], into: &events) }
            }
            events.append(event)
            return
        }
        while candidates.count <= index { candidates.append(Candidate()) }
        switch event {
        case .partStart(_, let kind): Self.start(kind, event, &candidates[index], index, tool: tool, into: &events)
        case .finish(_, let reason):
            Self.release(&candidates[index], into: &events)
            let candidate = candidates[index]
            let mended = candidate.hasAnswer ? Self.mended(reason, hasOtherCalls: candidate.hasOtherCalls) : reason
            events.append(.finish(candidate: index, mended))
        default: Self.pass(event, &candidates[index], index, into: &events)
        }
    }

    // These are static: a method would keep a copy of all candidates while one of them changes, and what is held would be copied at each event.

    private static func start(
        _ kind: ModelEvent.PartKind,
        _ event: ModelEvent,
        _ candidate: inout Candidate,
        _ index: Int,
        tool: JSONString,
        into events: inout [ModelEvent]
    ) {
        candidate.part = .other
        switch kind {
        case .toolCall(let call, let state) where call.name == tool:
            guard !candidate.hasAnswer else {
                candidate.part = .ignored
                return
            }
            candidate.hasAnswer = true
            candidate.part = .answer(hasText: false)
            candidate.held = []
            events.append(.partStart(candidate: index, .text))
            if let state { events.append(.state(candidate: index, state)) }
            return
        case .toolCall:
            candidate.hasOtherCalls = true
            release(&candidate, into: &events)
        case .text:
            candidate.part = candidate.hasAnswer ? .ignored : .held
            if !candidate.hasAnswer { candidate.held.append(event) }
            return
        case .refusal, .reasoning, .media: break
        }
        events.append(event)
    }

    private static func pass(
        _ event: ModelEvent,
        _ candidate: inout Candidate,
        _ index: Int,
        into events: inout [ModelEvent]
    ) {
        switch candidate.part {
        case .none, .other: events.append(event)
        case .ignored: break
        case .answer(let hasText):
            switch event {
            case .toolArguments(_, let text):
                candidate.part = .answer(hasText: hasText || !text.isEmpty)
                events.append(.text(candidate: index, text))
                return
            case .partEnd: if !hasText { events.append(.text(candidate: index, "{}")) }
            default: break
            }
            events.append(event)
        case .held:
            candidate.held.append(event)
            guard case .text(_, let text) = event else { break }
            candidate.heldBytes += text.utf8Count
            // An object is the answer itself.
            let first = text.withBytes { bytes, _ in bytes.first { $0 > 0x20 } }
            let isObject = candidate.heldBytes == text.utf8Count && first == UInt8(ascii: "{")
            if isObject || candidate.heldBytes > maximumHeld {
                events += candidate.held
                candidate.held = []
                candidate.part = .other
            }
        }
        if case .partEnd = event { candidate.part = .none }
    }

    /// Passes on what was held.
    private static func release(_ candidate: inout Candidate, into events: inout [ModelEvent]) {
        guard !candidate.held.isEmpty else { return }
        var texts: [JSONString] = []
        for event in candidate.held { if case .text(_, let text) = event { texts.append(text) } }
        if let index = candidate.held.first?.candidate,
            let fenced = FencedText(JSONString(texts.map(\.string).joined()))
        {
            release(candidate.held, as: fenced, candidate: index, into: &events)
        } else {
            events += candidate.held
        }
        candidate.held = []
        candidate.heldBytes = 0
    }

    /// Passes texts on as one without their fence, with all that was attached to them.
    private static func release(
        _ held: [ModelEvent],
        as fenced: FencedText,
        candidate index: Int,
        into events: inout [ModelEvent]
    ) {
        events.append(.partStart(candidate: index, .text))
        events.append(.text(candidate: index, fenced.text))
        var state: OpaqueState?
        for event in held {
            switch event {
            case .citation(_, let citation): events.append(.citation(candidate: index, fenced.moved(citation)))
            case .logprobs: events.append(event)
            // A part has one; the last says where the thought stands.
            case .state(_, let later): state = later
            default: break
            }
        }
        if let state { events.append(.state(candidate: index, state)) }
        events.append(.partEnd(candidate: index))
    }
}

extension ModelEvent {
    /// The candidate that the event belongs to; nil for those of the whole answer.
    var candidate: Int? {
        switch self {
        case .start, .usage, .end: nil
        case .partStart(let index, _), .text(let index, _), .reasoning(let index, _), .reasoningBreak(let index),
            .toolArguments(let index, _), .state(let index, _), .citation(let index, _), .logprobs(let index, _),
            .partEnd(let index), .finish(let index, _):
            index
        }
    }
}
