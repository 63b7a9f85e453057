// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// A route of administration: what it is called, who may use it, and what it does.
///
/// Its caller is known before its body is read.
struct AdministrationRoute: Sendable {
    /// Who may use a route; what else it takes depends on what the request names.
    enum Access: Sendable {
        case everyCaller
        case administrators
    }

    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    typealias Answer = @Sendable (AdministrationRequest) async throws(GatewayError) -> AdministrationAnswer

    let method: Method
    /// With names of parameters: `/api/2.0/token/{token_id}`.
    let path: String
    let access: Access
    let answer: Answer

    init(
        _ method: Method,
        _ path: String,
        _ access: Access = .everyCaller,
        answer: @escaping Answer
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.answer = answer
    }

    /// Whether a path, without its query, is one of this route's.
    func matches(_ path: some StringProtocol) -> Bool {
        let own = self.path.split(separator: "/")
        let other = path.split(separator: "/")
        return own.count == other.count
            && zip(own, other).allSatisfy { $0.first == "{" || $0.elementsEqual($1) }
    }
}
