// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// The client's side of `CONNECT` (RFC 9110, 9.3.6): the request that asks a proxy for a tunnel, and what its answer means.
///
/// It holds no socket and no clock: bytes in, a step out. ``ProxyTunnel`` does what it says.
package struct ProxyHandshake {
    /// What follows from the bytes that have come.
    package enum Step: Equatable {
        /// The answer is not complete.
        case wait
        /// The tunnel is open; what came after the answer is the upstream's.
        case open(ByteBuffer)
        /// The proxy refused, with this status.
        case refused(Int)
        /// The answer is not HTTP/1.1, or too long.
        case invalid(HTTP1Error)
    }

    /// The largest head of a proxy's answer, in bytes.
    package static let maximumHeadBytes = 16 << 10

    /// `host:port`, as the proxy is asked for it.
    private let target: String
    private let authorization: String?
    private var reader = HTTP1HeadReader(maximumBytes: maximumHeadBytes)
    private var interimHeads = InterimHeads()
    private var inbound = ByteBuffer()

    /// - Parameters:
    ///   - host: A name, or an IP address without brackets; the proxy looks it up.
    ///   - port: The upstream's port.
    ///   - authorization: The value of `proxy-authorization`; nil for none.
    package init(host: String, port: Int, authorization: String?) {
        target = host.contains(":") ? "[\(host.prefix { $0 != "%" })]:\(port)" : "\(host):\(port)"
        self.authorization = authorization
    }

    /// What the proxy gets first.
    package var request: ByteBuffer {
        let credentials = authorization.map { "proxy-authorization: \($0)\r\n" } ?? ""
        return ByteBuffer(string: "CONNECT \(target) HTTP/1.1\r\nhost: \(target)\r\n\(credentials)\r\n")
    }

    /// Takes bytes of the proxy; not to be called again once it returned anything but ``Step/wait``.
    package mutating func receive(_ bytes: ByteBuffer) -> Step {
        inbound.writeImmutableBuffer(bytes)
        do throws(HTTP1Error) {
            while true {
                let before = inbound.readableBytes
                guard let head = try reader.readResponse(from: &inbound) else { return .wait }
                switch head.status {
                case 200..<300: return .open(inbound.slice())
                case 100, 102..<200: try interimHeads.add(bytes: before - inbound.readableBytes)
                default: return .refused(head.status)
                }
            }
        } catch {
            return .invalid(error)
        }
    }
}
