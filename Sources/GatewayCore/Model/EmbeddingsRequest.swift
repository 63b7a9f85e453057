// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// A request for vectors in the gateway's own terms: the hub between the formats of embeddings.
package struct EmbeddingsRequest: Sendable {
    /// How the client wants a vector written.
    package enum Encoding: Sendable {
        case floats
        /// 32-bit floats, little-endian, in base64.
        case base64
    }

    /// What becomes one vector.
    package enum Input: Sendable {
        case text(JSONString)
        /// The numbers of tokens, as the client wrote them.
        case tokens(JSONArray)
    }

    /// What a vector is made for and how long it is: of each input in Gemini's format, of all of them in others.
    package struct Settings: Sendable, Equatable {
        /// The length of the vectors; nil for the model's own.
        package var dimensions: Int?
        /// Gemini's `taskType`.
        package var taskType: JSONString?
        /// Gemini's title of a document.
        package var title: JSONString?

        package init() {}
    }

    /// The model's name in the upstream's terms.
    package var model: String
    package var inputs: [Input]
    package var encoding = Encoding.floats
    /// Those of all inputs, or of the first where ``ownSettings`` has others.
    package var settings = Settings()
    /// Those of each input, in their order; empty where all have the same.
    package var ownSettings: [Settings] = []
    /// Words that are put before every text.
    package var instruction: JSONString?
    /// What the vectors are for, as models of Cohere's and others have it beside OpenAI's members: `input_type`.
    package var inputType: JSONString?
    /// An opaque name of the end user.
    package var user: JSONString?
    /// Further members of a client that speaks OpenAI's format, for models that have more to set than OpenAI's.
    package var rest: [(key: JSONString, value: JSONValue)] = []

    package init(model: String, inputs: [Input]) {
        self.model = model
        self.inputs = inputs
    }
}

/// The vectors of an ``EmbeddingsRequest``.
package struct EmbeddingsResponse: Sendable {
    package enum Vector: Sendable {
        /// The numbers as the upstream wrote them.
        case floats(JSONArray)
        /// As ``EmbeddingsRequest/Encoding/base64``.
        case base64(JSONString)
    }

    /// The model that answered, in the vendor's terms.
    package var model: JSONString?
    /// In the order of the inputs.
    package var vectors: [Vector]
    package var usage: TokenUsage

    package init(model: JSONString? = nil, vectors: [Vector], usage: TokenUsage) {
        self.model = model
        self.vectors = vectors
        self.usage = usage
    }
}
