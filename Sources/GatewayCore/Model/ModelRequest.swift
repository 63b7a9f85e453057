// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// A request in the gateway's own terms: the hub between two different dialects.
///
/// It models what the gateway translates. Whatever else a client sent stands in ``rest``, as it was written, and comes out again where the
/// target speaks the same dialect. Text is kept as ``JSONString``, so a long prompt is copied once, from the client's bytes into the upstream's.
package struct ModelRequest: Sendable {
    /// The model's name in the upstream's terms.
    package var model: String
    /// The turns in order; system messages stand where the client put them.
    package var messages: [Message] = []
    package var tools: [Tool] = []
    package var toolChoice: ToolChoice?
    /// Whether the model may call several tools in one turn; nil where the client did not say.
    package var allowsParallelToolCalls: Bool?
    package var sampling = Sampling()
    /// Texts that end the answer.
    package var stop: [JSONString] = []
    /// Most tokens of output, reasoning included; nil where the client did not say.
    package var maximumOutput: Int?
    package var reasoning = ReasoningConfiguration()
    package var responseFormat: ResponseFormat = .text
    /// How much the model shall say: OpenAI's `low`, `medium` or `high`.
    package var verbosity: JSONString?
    package var isStreaming = false
    /// Whether a streaming client asked for usage at the end.
    package var includesUsage = false
    /// An opaque name of the end user.
    package var user: JSONString?
    /// The client's own labels, an object of strings.
    package var metadata: JSONValue?
    /// In the client's terms; ``ServiceTier`` maps it.
    package var serviceTier: JSONString?
    /// Whether the vendor may keep the answer; nil where the client did not say.
    package var store: Bool?
    /// OpenAI's key of the prompt's cache.
    package var promptCacheKey: JSONString?
    /// Anthropic's `cache_control` of the request as a whole.
    package var cacheControl: JSONValue?
    /// The format that ``rest`` is written in.
    package var origin: WireFormat?
    /// What the client calls the parts of its request, for errors.
    package var fieldNames = ClientFieldNames()
    /// The most bytes that the request may take in any format, and that may be copied to bring it there.
    package var maximumBytes = Int.max
    /// Members that nothing above models, in the order and spelling of the client.
    package var rest: [(key: JSONString, value: JSONValue)] = []

    package init(model: String) {
        self.model = model
    }

    /// Numbers as the client wrote them.
    package struct Sampling: Sendable {
        package var temperature: JSONNumber?
        package var topP: JSONNumber?
        package var topK: JSONNumber?
        package var frequencyPenalty: JSONNumber?
        package var presencePenalty: JSONNumber?
        package var seed: JSONNumber?
        /// How many answers; nil is one.
        package var candidateCount: Int?
        /// Whether log probabilities are asked for; nil where the client did not say.
        package var logprobs: Bool?
        /// How many alternatives per token.
        package var topLogprobs: Int?

        package init() {}
    }

    package struct Tool: Sendable {
        package enum Kind: Sendable {
            case function
            /// Called with free text instead of a JSON object; `format` is OpenAI's, nil for any text.
            ///
            /// It is as the client wrote it: Responses has a grammar's members beside `type`, chat in `grammar`. `CustomToolFormat` reads both.
            case custom(format: JSONValue?)
            /// A tool that the vendor itself runs or defines (web search, local shell, computer), as the client wrote it.
            case hosted(type: JSONString, definition: JSONValue)
        }

        package var kind: Kind
        package var name: JSONString
        /// OpenAI's namespace that the tool stands in; its calls name it.
        package var namespace: JSONString?
        /// What the namespace is for; of a tool without a ``namespace``, what the one is for that it was taken out of: part of its description.
        package var namespaceDescription: JSONString?
        package var description: JSONString?
        /// A JSON Schema object; nil for a function without parameters.
        package var parameters: JSONValue?
        /// Whether arguments must follow the schema exactly.
        package var isStrict: Bool?
        /// Anthropic's `cache_control` as the client wrote it.
        package var cacheControl: JSONValue?

        package init(
            name: JSONString,
            kind: Kind = .function,
            description: JSONString? = nil,
            parameters: JSONValue? = nil,
            isStrict: Bool? = nil
        ) {
            self.name = name
            self.kind = kind
            self.description = description
            self.parameters = parameters
            self.isStrict = isStrict
        }
    }

    package enum ToolChoice: Sendable, Equatable {
        case auto
        case none
        /// Some tool must be called.
        case required
        /// This tool must be called.
        case tool(JSONString)
        /// Only these tools may be called; one of them must be where `isRequired`.
        case allowed([JSONString], isRequired: Bool)
    }

    /// The shape that the answer's text must have.
    package enum ResponseFormat: Sendable {
        case text
        /// Some JSON object.
        case jsonObject
        /// JSON that follows a schema.
        case jsonSchema(Schema)

        package struct Schema: Sendable {
            /// Nil where the client's format has none.
            package var name: JSONString?
            package var description: JSONString?
            package var schema: JSONValue
            package var isStrict: Bool?

            package init(
                name: JSONString? = nil,
                description: JSONString? = nil,
                schema: JSONValue,
                isStrict: Bool? = nil
            ) {
                self.name = name
                self.description = description
                self.schema = schema
                self.isStrict = isStrict
            }
        }
    }
}
