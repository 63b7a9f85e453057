// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A path at which a dialect's clients call.
///
/// Every one also answers below `/ai-gateway`, without its version, and with its version twice: SDKs append one to whatever base URL they are given.
package struct Endpoint: Sendable {
    /// Paths that begin alike.
    package struct Family: Sendable {
        /// What they begin with: `/openai`; empty for paths at the root.
        package let prefix: String
        /// What may stand between prefix and path; of two that begin alike the longer stands first.
        package let versions: [String]
        /// The version as the documentation writes it.
        package let documentedVersion: String
        /// Whether a vendor's own API has these paths, so that its other paths may be looked for beside them.
        package let isVendors: Bool

        package init(
            _ prefix: String,
            versions: [String] = ["/v1"],
            documented: String = "/v1",
            isVendors: Bool = false
        ) {
            self.isVendors = isVendors
            self.prefix = prefix
            self.versions = versions
            documentedVersion = documented
        }
    }

    /// What a request at this path is about.
    package enum Subject: Sendable {
        /// A request of an API: POST.
        case request
        /// A request of this API if its body has a field; other endpoints of the same path are other choices.
        case requestWith(field: StaticString, purpose: StaticString)
        /// An earlier answer: GET and DELETE.
        case response(ResponsePart)
    }

    /// Where it is said whether the answer is streamed.
    package enum Streaming: Sendable {
        /// In the body.
        case byBody
        /// By the path; the query says in which form (`alt=sse`).
        case byPath(Bool)
    }

    package let family: Family
    /// What follows the version, with `{model}` or `{id}` for one segment, or the beginning of one, that varies.
    package let path: String
    package let apiType: APIType
    package var subject = Subject.request
    package var streaming = Streaming.byBody
    /// Whether it is one of several spellings, and not the one to tell people of; paths at the root are.
    package var isAlias: Bool
    /// What cannot stand in the place of `{id}`: paths of other APIs.
    package var reserved: [String] = []

    package init(_ family: Family, _ path: String, _ apiType: APIType) {
        self.family = family
        self.path = path
        self.apiType = apiType
        isAlias = family.prefix.isEmpty
    }

    /// A path of an earlier answer.
    package static func response(
        _ family: Family,
        _ path: String,
        _ apiType: APIType,
        _ part: ResponsePart,
        reserved: [String]
    ) -> Endpoint {
        var endpoint = Endpoint(family, path, apiType)
        endpoint.subject = .response(part)
        endpoint.reserved = reserved
        return endpoint
    }

    /// A path that this API shares with others: it takes requests whose body has a field.
    package static func shared(
        _ family: Family,
        _ path: String,
        _ apiType: APIType,
        field: StaticString,
        purpose: StaticString
    ) -> Endpoint {
        var endpoint = Endpoint(family, path, apiType)
        endpoint.subject = .requestWith(field: field, purpose: purpose)
        return endpoint
    }
}
