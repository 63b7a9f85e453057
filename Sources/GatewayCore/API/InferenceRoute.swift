// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What the path and query of an inference request say.
package struct InferenceRoute: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case api(APIType)
        /// `/serving-endpoints/{name}/invocations`: chat, completions or embeddings, by the body's members.
        case invocations
        /// `/responses/{id}` and what is below it: an earlier answer. GET and DELETE.
        case response(APIType, id: String, ResponsePart)
    }

    package var kind: Kind
    /// The model where the path names it, percent-decoded.
    package var model: String?
    /// Whether the path itself says that the answer is streamed (Gemini); nil where the body does.
    package var isStreaming: Bool?
    /// For Gemini: `alt=sse`.
    package var wantsServerSentEvents: Bool

    package init(kind: Kind, model: String? = nil, isStreaming: Bool? = nil, wantsServerSentEvents: Bool = true) {
        self.kind = kind
        self.model = model
        self.isStreaming = isStreaming
        self.wantsServerSentEvents = wantsServerSentEvents
    }

    /// The API whose error shape applies before the body has been read.
    package var apiType: APIType {
        switch kind {
        case .api(let type), .response(let type, _, _): type
        case .invocations: .mlflowChat
        }
    }
}
