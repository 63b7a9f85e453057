// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What the path and query of an inference request say.
package struct InferenceRoute: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case api(APIType)
        /// One path for several APIs: the body tells which. At least one choice.
        case byBody([BodyChoice])
        /// `/responses/{id}` and what is below it: an earlier answer. GET and DELETE.
        case response(APIType, id: String, ResponsePart)
        /// What only the provider service knows that the caller names.
        indirect case unmanaged(UnmanagedPath)
    }

    /// An API, and the field of the body that is there if a request is one of that API.
    package struct BodyChoice: Sendable, Equatable {
        package let field: StaticString
        package let apiType: APIType
        /// What such a request is for, for an error: "a chat".
        package let purpose: StaticString

        package init(field: StaticString, _ apiType: APIType, purpose: StaticString) {
            self.field = field
            self.apiType = apiType
            self.purpose = purpose
        }

        package static func == (left: BodyChoice, right: BodyChoice) -> Bool {
            left.apiType == right.apiType && left.field.description == right.field.description
        }
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
        case .byBody(let choices): choices[0].apiType
        case .unmanaged(let path): path.managed[0].apiType
        }
    }
}
