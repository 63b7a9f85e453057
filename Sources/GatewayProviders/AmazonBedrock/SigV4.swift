// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
package import NIOCore

/// AWS Signature Version 4, which proves who sent a request and that it was not changed.
///
/// Pure: the same request at the same second gets the same signature. Source: "AWS Signature Version 4 for API requests" of the IAM user guide; the vectors of
/// its tests were computed with botocore 1.43.11 (2026-11).
package struct SigV4: Sendable {
    /// The signer.
    package struct Credentials: Sendable, Equatable {
        package var accessKeyID: String
        package var secretAccessKey: String
        /// Only for temporary credentials.
        package var sessionToken: String?

        package init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
            self.accessKeyID = accessKeyID
            self.secretAccessKey = secretAccessKey
            self.sessionToken = sessionToken
        }
    }

    /// A request as it goes onto the wire.
    package struct Request {
        package var method: String
        /// Path and query, percent-encoded once.
        package var target: String
        /// The headers to sign, in lower case; `host` is one of them.
        package var headers: [(name: String, value: String)]
        package var body: [ByteBuffer]

        package init(
            method: String = "POST",
            target: String,
            headers: [(name: String, value: String)],
            body: [ByteBuffer]
        ) {
            self.method = method
            self.target = target
            self.headers = headers
            self.body = body
        }
    }

    package var credentials: Credentials
    package var region: String
    package var service: String

    package init(credentials: Credentials, region: String, service: String) {
        self.credentials = credentials
        self.region = region
        self.service = service
    }

    /// The headers that a request needs besides its own: the time, the session's token and the signature.
    ///
    /// - Parameters:
    ///   - request: What will be sent.
    ///   - time: Seconds since 1970 UTC; AWS refuses a signature that is more than five minutes off.
    /// - Returns: Names in lower case, in the order in which they are added.
    package func headers(for request: Request, time: Int64) -> [(name: String, value: String)] {
        let stamp = Self.timestamp(time)
        let date = String(stamp.prefix(8))
        var added: [(name: String, value: String)] = [("x-amz-date", stamp)]
        if let token = credentials.sessionToken { added.append(("x-amz-security-token", token)) }
        let signed = Self.canonical(request.headers + added)
        let names = signed.map(\.name).joined(separator: ";")
        let scope = "\(date)/\(region)/\(service)/aws4_request"
        let text = Self.canonicalRequest(request, signed, names)
        let toSign = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(Self.hexadecimal(SHA256.hash(data: Array(text.utf8))))"
        var key = SymmetricKey(data: Array("AWS4\(credentials.secretAccessKey)".utf8))
        for step in [date, region, service, "aws4_request"] { key = SymmetricKey(data: Self.mac(step, key)) }
        added.append(
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(names), "
                    + "Signature=\(Self.hexadecimal(Self.mac(toSign, key)))"
            )
        )
        return added
    }

    private static func canonicalRequest(
        _ request: Request,
        _ headers: [(name: String, value: String)],
        _ names: String
    ) -> String {
        let parts = request.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count > 1 ? parts[1].split(separator: "&").map(pair).sorted(by: <) : []
        var text = "\(request.method)\n\(canonicalPath(parts[0]))\n"
        text += query.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        text += "\n"
        for header in headers { text += "\(header.name):\(header.value)\n" }
        var hash = SHA256()
        for part in request.body { part.withUnsafeReadableBytes { hash.update(bufferPointer: $0) } }
        text += "\n\(names)\n\(hexadecimal(hash.finalize()))"
        return text
    }

    private static func pair(_ text: Substring) -> (String, String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    /// The path without empty and dot segments, each segment percent-encoded a second time, as every service but S3 wants it.
    private static func canonicalPath(_ path: Substring) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
        }
        let isFolder = path.hasSuffix("/") && !segments.isEmpty
        return "/" + segments.map(percentEncoded).joined(separator: "/") + (isFolder ? "/" : "")
    }

    /// The headers by name, their values without needless spaces, those of one name joined.
    private static func canonical(_ headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var sorted: [(name: String, value: String)] = []
        let order = headers.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }
        for (name, value) in order.map(\.element) {
            let trimmed = value.split(separator: " ").joined(separator: " ")
            if let last = sorted.last, last.name == name {
                sorted[sorted.count - 1].value += ",\(trimmed)"
            } else {
                sorted.append((name, trimmed))
            }
        }
        return sorted
    }

    private static func mac(_ text: String, _ key: SymmetricKey) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// A time as `20261121T093000Z`.
    package static func timestamp(_ time: Int64) -> String {
        let second = Int(time) % 86_400
        // Days to a date of the Gregorian calendar by the well-known arithmetic in eras of 400 years, whose years begin in March.
        let days = Int(time) / 86_400 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func digits(_ number: Int, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        return digits(year, 4) + digits(month, 2) + digits(day, 2) + "T" + digits(second / 3_600, 2)
            + digits(second / 60 % 60, 2) + digits(second % 60, 2) + "Z"
    }
}
