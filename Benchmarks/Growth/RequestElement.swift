// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// An API that clients speak, by the route that the elements of its requests are sent to.
enum GrowthAPI: String, Sendable {
    case chat, completions, responses, messages, gemini, embeddings, mlflowEmbeddings, batchEmbeddings

    var name: String { rawValue }

    var path: String {
        switch self {
        case .chat: "/openai/v1/chat/completions"
        case .completions: "/openai/v1/completions"
        case .responses: "/openai/v1/responses"
        case .messages: "/anthropic/v1/messages"
        case .gemini: "/gemini/v1beta/models/g:generateContent"
        case .embeddings: "/openai/v1/embeddings"
        case .mlflowEmbeddings: "/mlflow/v1/embeddings"
        case .batchEmbeddings: "/gemini/v1beta/models/g:batchEmbedContents"
        }
    }

    /// The route that counts the tokens of the same body.
    var countPath: String? {
        switch self {
        case .responses: "/openai/v1/responses/input_tokens"
        case .messages: "/anthropic/v1/messages/count_tokens"
        case .gemini: "/gemini/v1beta/models/g:countTokens"
        default: nil
        }
    }
}

/// Something that a request may repeat as often as it likes.
///
/// A new element is one more line in the list of its API.
struct RequestElement: Sendable {
    let client: GrowthAPI
    let name: String
    /// The most that is not refused.
    let most: Int
    /// The body of a request with that many.
    let body: @Sendable (_ count: Int) -> String

    init(_ client: GrowthAPI, _ name: String, most: Int = 32_768, _ body: @escaping @Sendable (_ count: Int) -> String)
    {
        self.client = client
        self.name = name
        self.most = most
        self.body = body
    }

    /// Every repeated element of every client API.
    static let all = chat + completions + responses + messages + gemini + embeddings

    /// Bounds of what the gateway reads, and of what some vendors take.
    static let mostTools = 4_096
    static let mostUnknownMembers = 248

    // MARK: Opaque state

    /// A state of the upstream's own, wrapped, as clients send it back.
    static func state(_ kind: OpaqueState.Kind, _ index: Int, of text: String? = nil) -> String {
        let checksum = text.map { FNV1a($0).text }
        return OpaqueState(kind, JSONString("c2ln\(index)"), from: GrowthUpstream.origin, itemID: checksum).wrapped
    }

    /// One of another upstream.
    static func foreignState(_ kind: OpaqueState.Kind, _ index: Int) -> String {
        OpaqueState(kind, JSONString("c2ln\(index)"), from: StateOrigin(tag: UInt64(index + 100))).wrapped
    }

    // MARK: Schemas

    /// JSON Schemas, by what they repeat.
    static let schemas: [(name: String, schema: @Sendable (Int) -> String)] = [
        ("properties", { n in object(#""properties":{\#(list(n) { #""p\#($0)":{"type":"string"}"# })}"#) }),
        (
            "required properties",
            { n in
                object(
                    #""properties":{\#(list(n) { #""p\#($0)":{"type":"string"}"# })},"required":[\#(list(n) { #""p\#($0)""# })],"additionalProperties":false"#
                )
            }
        ),
        (
            "$refs to one definition",
            { n in
                object(
                    #""properties":{\#(list(n) { #""p\#($0)":\#(reference("$defs/d"))"# })},"$defs":{"d":{"type":"string"}}"#
                )
            }
        ),
        (
            "$refs to definitions of their own",
            { n in
                object(
                    #""properties":{\#(list(n) { #""p\#($0)":\#(reference("$defs/d\($0)"))"# })},"$defs":{\#(list(n) { #""d\#($0)":{"type":"string"}"# })}"#
                )
            }
        ),
        (
            "foreign $refs",
            { n in
                object(
                    #""properties":{\#(list(n) { #""p\#($0)":\#(reference("definitions/d\($0)"))"# })},"definitions":{\#(list(n) { #""d\#($0)":{"type":"string"}"# })}"#
                )
            }
        ),
        ("constants", { n in object(#""properties":{\#(list(n) { #""p\#($0)":{"const":"a"}"# })}"#) }),
        (
            "enum values",
            { n in object(#""properties":{"p":{"type":"string","enum":[\#(list(n) { #""v\#($0)""# })]}}"#) }
        ),
        (
            "alternatives",
            { n in object(#""properties":{"p":{"anyOf":[\#(list(n) { _ in #"{"type":"string"}"# })]}}"#) }
        ),
        ("types", { n in object(#""properties":{"p":{"type":[\#(list(n) { _ in #""string""# })]}}"#) }),
        ("unknown keywords", { n in object(list(n) { #""x\#($0)":1"# }) }),
        ("keyword const", { n in object(#""properties":{"p":{\#(list(n) { _ in #""const":"a""# })}}"#) }),
        ("keyword $ref", { n in object(#""properties":{"p":{\#(list(n) { _ in ##""$ref":"#/x""## })}}"#) }),
        (
            "keyword required",
            { n in
                object(
                    #""properties":{\#(list(n) { #""p\#($0)":{}"# })},\#(list(n) { _ in #""required":["p1"]"# })"#
                )
            }
        ),
        (
            "keyword properties, ordered",
            { n in
                object(
                    #""propertyOrdering":[\#(list(n) { #""p\#($0)""# })],\#(list(n) { #""properties":{"p\#($0)":{}}"# })"#
                )
            }
        ),
        (
            "names of properties below a long one",
            { n in
                object(
                    #""properties":{"\#(run(n) { _ in "name" })":{"type":"object","properties":{\#(list(n) { #""p\#($0)":{"type":"string"}"# })}}}"#
                )
            }
        ),
    ]

    private static func reference(_ place: String) -> String { ##"{"$ref":"#/\##(place)"}"## }

    private static func object(_ members: String) -> String { #"{"type":"object",\#(members)}"# }
}
