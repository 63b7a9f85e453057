// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import AsyncHTTPClient
import GatewayCore
import GatewayIdentity
import GatewayJSON
import GatewayPipeline
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Fetches the keys of trusted issuers, and keeps them for a while.
///
/// A key that is not known yet makes it fetch again, but not more often than every so often: strangers choose what keys they name.
final class IssuerKeyFetcher: Sendable {
    private static let lifetime = Duration.seconds(3600)
    private static let pause = Duration.seconds(30)
    private static let timeout = TimeAmount.seconds(10)

    private struct Entry {
        var keys: IssuerKeys
        var fetched: ContinuousClock.Instant
    }

    private let snapshots: @Sendable () -> Snapshot?
    private let logger: Logger
    private let entries = Mutex<[String: Entry]>([:])

    /// Makes it; `snapshots` has the issuers' addresses.
    init(logger: Logger, snapshots: @escaping @Sendable () -> Snapshot?) {
        self.logger = logger
        self.snapshots = snapshots
    }

    func keys(of issuer: TrustedIssuer, _ keyID: String?) async throws(TokenError) -> IssuerKeys {
        let known = entries.withLock { $0[issuer.url] }
        if let known {
            let age = ContinuousClock.now - known.fetched
            let isKnown = keyID.map { known.keys.hasKey($0) } ?? true
            if isKnown ? age < Self.lifetime : age < Self.pause { return known.keys }
        }
        do {
            let keys = try IssuerKeys(jwks: try await fetch(from: try await address(of: issuer)))
            entries.withLock { $0[issuer.url] = Entry(keys: keys, fetched: .now) }
            return keys
        } catch {
            logger.error(
                "The keys of an issuer cannot be fetched",
                metadata: ["issuer": "\(issuer.url)", "error": "\(error)"]
            )
            // Old keys are better than none while the issuer does not answer.
            if let known { return known.keys }
            throw TokenError(.invalidGrant, "The keys of the issuer '\(issuer.url)' cannot be fetched now.")
        }
    }

    /// Where the keys are: as configured, or as the issuer's own document says.
    private func address(of issuer: TrustedIssuer) async throws -> String {
        let configured = snapshots()?.configuration.trustedIssuers.first { $0.url == issuer.url }?.keysURL
        if let configured { return configured }
        var base = issuer.url
        while base.hasSuffix("/") { base.removeLast() }
        let document = try JSONValue(validating: try await fetch(from: "\(base)/.well-known/openid-configuration"))
        guard document.object?["issuer"]?.string == issuer.url, let url = document.object?["jwks_uri"]?.string,
            let address = UpstreamAddress(baseURL: url),
            address.isSecure || Loopback.contains(host: address.authority)
        else { throw FetchError(description: "Its document names another issuer, or no usable jwks_uri.") }
        return url
    }

    private func fetch(from url: String) async throws -> ByteBuffer {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: Self.timeout)
        guard response.status == .ok else {
            throw FetchError(description: "\(url) answers with \(response.status.code).")
        }
        return try await response.body.collect(upTo: IssuerKeys.maximumLength)
    }

    private struct FetchError: Error, CustomStringConvertible {
        let description: String
    }
}
