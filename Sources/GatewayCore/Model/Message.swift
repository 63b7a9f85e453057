// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// One turn of a conversation.
package struct Message: Sendable {
    package enum Role: Sendable, Equatable {
        case system
        case user
        case assistant
    }

    package var role: Role
    package var parts: [Part]
    /// OpenAI's `name` of the participant.
    package var name: JSONString?

    package init(role: Role, parts: [Part]) {
        self.role = role
        self.parts = parts
    }

    /// A piece of a turn, with what vendors attach to pieces of any kind.
    ///
    /// Parts are copied often and few have anything attached, so that is kept aside.
    package struct Part: Sendable {
        package var content: Content
        private var attached: Attached?

        package init(_ content: Content, cacheControl: JSONValue? = nil, state: OpaqueState? = nil) {
            self.content = content
            if cacheControl != nil || state != nil {
                attached = .of(Attachments(cacheControl: cacheControl, state: state))
            }
        }

        /// Anthropic's `cache_control` as the client wrote it; formats without it ignore it, since it changes no answer.
        package var cacheControl: JSONValue? {
            get { attached?.attachments.cacheControl }
            set { attach(isNone: newValue == nil) { $0.cacheControl = newValue } }
        }

        /// What the vendor attached for its own use; only ever sent to where it came from.
        package var state: OpaqueState? {
            get { attached?.attachments.state }
            set { attach(isNone: newValue == nil) { $0.state = newValue } }
        }

        /// Sources that a text cites.
        package var citations: [Citation] {
            get { attached?.attachments.citations ?? [] }
            set { attach(isNone: newValue.isEmpty) { $0.citations = newValue } }
            // In place: an append must not copy what is there.
            _modify {
                var attachments = attached?.attachments ?? Attachments()
                let hasOthers = attached != nil
                attached = nil
                defer { if hasOthers || !attachments.citations.isEmpty { attached = .of(attachments) } }
                yield &attachments.citations
            }
        }

        private mutating func attach(isNone: Bool, _ change: (inout Attachments) -> Void) {
            if attached == nil, isNone { return }
            var attachments = attached?.attachments ?? Attachments()
            change(&attachments)
            attached = .of(attachments)
        }

        private struct Attachments {
            var cacheControl: JSONValue?
            var state: OpaqueState?
            var citations: [Citation] = []
        }

        private indirect enum Attached {
            case of(Attachments)

            var attachments: Attachments {
                switch self {
                case .of(let attachments): attachments
                }
            }
        }

        package static func text(_ text: JSONString) -> Part { Part(.text(text)) }
        package static func toolCall(_ call: ToolCall) -> Part { Part(.toolCall(call)) }
        package static func toolResult(_ result: ToolResult) -> Part { Part(.toolResult(result)) }

        /// The text of a text part.
        package var text: JSONString? { if case .text(let text) = content { text } else { nil } }
        package var toolCall: ToolCall? { if case .toolCall(let call) = content { call } else { nil } }
        package var toolResult: ToolResult? { if case .toolResult(let result) = content { result } else { nil } }
        package var reasoning: Reasoning? { if case .reasoning(let reasoning) = content { reasoning } else { nil } }
        package var isReasoning: Bool { if case .reasoning = content { true } else { false } }
        package var media: Media? { if case .media(let media) = content { media } else { nil } }
    }

    /// What a piece says.
    ///
    /// An encoder writes every kind, names in `dropped` what its format has no place for, or refuses. All but texts stand aside, so that a text is quick to copy.
    package enum Content: Sendable {
        case text(JSONString)
        /// The model's words where it refuses to answer; in assistant turns.
        case refusal(JSONString)
        /// In assistant turns.
        indirect case reasoning(Reasoning)
        indirect case media(Media)
        /// In assistant turns.
        indirect case toolCall(ToolCall)
        /// In user turns. Formats that demand another place or grouping for results are served by their encoder.
        indirect case toolResult(ToolResult)
    }

    /// What a model thought before it answered.
    ///
    /// What proves or continues it stands in the ``Part/state`` of its part. A redacted or encrypted thought has a state and no text. Without a state the text
    /// is for people: only vendors that take plain reasoning back get it.
    package struct Reasoning: Sendable {
        /// The texts; several where the vendor sums up in pieces.
        package var texts: [JSONString]
        /// Whether the texts are a summary, not the thoughts themselves.
        package var isSummary: Bool

        package init(texts: [JSONString], isSummary: Bool = false) {
            self.texts = texts
            self.isSummary = isSummary
        }
    }

    package struct ToolCall: Sendable {
        /// Unique in the conversation; made by the gateway where a format has none.
        package var id: JSONString
        package var name: JSONString
        /// A JSON object; for ``isCustom`` calls free text.
        package var arguments: Arguments
        /// Whether it calls a tool of ``ModelRequest/Tool/Kind/custom(format:)``.
        package var isCustom: Bool
        /// The namespace of the tool, where its definition has one.
        package var namespace: JSONString?
        /// The id of the item in OpenAI's Responses, beside the id of the call (tools-09).
        package var itemID: JSONString?
        /// The type of the tool where the vendor defines it and the client runs it (OpenAI's `local_shell`); its calls are items of their own kind.
        package var hostedType: JSONString?

        package init(
            id: JSONString,
            name: JSONString,
            arguments: Arguments,
            isCustom: Bool = false,
            namespace: JSONString? = nil,
            itemID: JSONString? = nil
        ) {
            self.id = id
            self.name = name
            self.arguments = arguments
            self.isCustom = isCustom
            self.namespace = namespace
            self.itemID = itemID
        }
    }

    /// The arguments of a call: some formats carry an object, others a string that holds one.
    package enum Arguments: Sendable {
        case object(JSONValue)
        /// The text of a JSON object, possibly empty or broken, as a model or a client wrote it.
        case text(JSONString)
    }

    package struct ToolResult: Sendable {
        package var callID: JSONString
        /// Needed by formats that match results by name; encoders look it up in the conversation when nil.
        package var name: JSONString?
        /// Texts and media.
        package var parts: [Part]
        package var isError: Bool
        /// Whether it answers a call with ``ToolCall/isCustom``.
        package var isCustom: Bool
        /// As in the call that it answers, ``ToolCall/hostedType``.
        package var hostedType: JSONString?

        package init(
            callID: JSONString,
            name: JSONString? = nil,
            parts: [Part],
            isError: Bool = false,
            isCustom: Bool = false
        ) {
            self.callID = callID
            self.name = name
            self.parts = parts
            self.isError = isError
            self.isCustom = isCustom
        }
    }
}
