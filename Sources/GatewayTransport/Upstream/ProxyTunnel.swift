// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOTLS

/// Asks a proxy for a tunnel, and leaves the pipeline once it is open.
///
/// Until then the handlers after it believe that there is no connection yet, so that TLS to the upstream begins within the tunnel.
final class ProxyTunnel: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Sent to the handlers after it when the tunnel is open.
    struct Opened {}

    private var handshake: ProxyHandshake
    private let proxy: UpstreamProxy
    private var isOver = false

    init(to upstream: UpstreamAddress, through proxy: UpstreamProxy) {
        handshake = ProxyHandshake(host: upstream.host, port: upstream.port, authorization: proxy.authorization)
        self.proxy = proxy
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(handshake.request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        switch handshake.receive(unwrapInboundIn(data)) {
        case .wait: break
        case .open(let rest): open(rest, context)
        case .refused(let status): fail(.refused(status), context)
        case .invalid(let error): fail(.invalid(error), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // TLS to the proxy is not TLS to the upstream.
        if event is TLSUserEvent { return }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isOver { fail(.closed, context) }
        context.fireChannelInactive()
    }

    private func open(_ rest: ByteBuffer, _ context: ChannelHandlerContext) {
        isOver = true
        context.fireUserInboundEventTriggered(Opened())
        context.fireChannelActive()
        if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func fail(_ reason: ProxyError.Reason, _ context: ChannelHandlerContext) {
        isOver = true
        context.fireErrorCaught(ProxyError(proxy: proxy, reason: reason))
        context.close(promise: nil)
    }
}

/// Why a proxy is of no use; its description names the proxy without credentials, and says what to do.
struct ProxyError: Error, CustomStringConvertible {
    enum Reason {
        /// With the status of the proxy's answer.
        case refused(Int)
        case invalid(HTTP1Error)
        case closed
    }

    let proxy: UpstreamProxy
    let reason: Reason

    var description: String {
        switch reason {
        case .refused(407):
            "The proxy \(proxy) asks for other credentials (407): correct the user name and password in the proxy's URL."
        case .refused(let status):
            "The proxy \(proxy) refused to connect to the upstream (\(status)): allow the upstream there, or set `proxy`."
        case .invalid(let error): "The proxy \(proxy) did not answer as an HTTP proxy does: \(error.message)"
        case .closed: "The proxy \(proxy) closed the connection before the tunnel was open."
        }
    }
}
