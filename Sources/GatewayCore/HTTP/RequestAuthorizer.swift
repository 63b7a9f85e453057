// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Puts a credential on requests where no header line that never changes can: a signature over each request, a token that ends.
///
/// Made once for each provider service, by ``Provider/authorizer``, and shared by all event loops. A service with an `api_key` has none: its key is part of the
/// header lines that are made ahead.
package protocol RequestAuthorizer: Sendable {
    /// Adds the credential to a request that is otherwise complete.
    ///
    /// - Parameters:
    ///   - request: To sign: its path, its fixed lines (`host`, `content-type: application/json`, ...), its headers and its body are what will be sent.
    ///   - upstream: For a call that fetches a token; the request's own connection pools.
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if there is no credential to be had, in words that hold no part of one.
    func authorize(_ request: inout UpstreamRequest, using upstream: any UpstreamClient) async throws(GatewayError)

    /// What the latest requests carried that nobody may see, for ``CredentialRedaction``.
    var secrets: [String] { get }

    /// Whether ``authorize(_:using:)`` reads all of the body and asks nobody else, so that it may run on any thread.
    var readsBody: Bool { get }

    /// Takes note that the upstream refused the credential (401), so that the next request gets a fresh one.
    func noteRefusal()
}

extension RequestAuthorizer {
    package var readsBody: Bool { false }
    package func noteRefusal() {}
    package var secrets: [String] { [] }
}
