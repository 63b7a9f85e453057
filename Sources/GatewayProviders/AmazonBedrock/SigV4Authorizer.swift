// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Signs each request to an AWS service.
package struct SigV4Authorizer: RequestAuthorizer {
    private let signer: SigV4
    /// Seconds since 1970 UTC.
    private let clock: @Sendable () -> Int64

    package var readsBody: Bool { true }

    package init(_ signer: SigV4, clock: @escaping @Sendable () -> Int64) {
        self.signer = signer
        self.clock = clock
    }

    package var secrets: [String] {
        let credentials = signer.credentials
        return [credentials.accessKeyID, credentials.secretAccessKey] + (credentials.sessionToken.map { [$0] } ?? [])
    }

    /// Signs the host, the content type, the configuration's `x-amz-` headers and the body.
    package func authorize(
        _ request: inout UpstreamRequest,
        using upstream: any UpstreamClient
    ) async throws(GatewayError) {
        var signed = [("host", request.service.address.authority), ("content-type", "application/json")]
        for (name, value) in request.service.headers + request.headers where name.hasPrefix("x-amz-") {
            signed.append((name, value))
        }
        let toSign = SigV4.Request(target: request.path, headers: signed, body: request.body)
        request.headers += signer.headers(for: toSign, time: clock())
    }
}

/// Seconds since 1970 UTC by the machine's clock.
func secondsSince1970() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec)
}
