// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// Takes the header of the PROXY protocol off a connection before anything else reads it, and says whose connection it is.
///
/// A connection without a valid header is closed: whose it is would be anybody's guess.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: ServerConnection
    private let notice: RareNotice
    private var inbound = ByteBuffer()

    init(_ connection: ServerConnection, notice: RareNotice) {
        self.connection = connection
        self.notice = notice
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        inbound.writeBuffer(&bytes)
        do throws(ProxyHeader.ReadError) {
            guard let source = try ProxyHeader.read(from: &inbound) else { return }
            if case .client(let address) = source { connection.setClientAddress(address) }
        } catch {
            notice.log(["peer": context.channel.remoteAddress?.ipAddress ?? "", "problem": "\(error)"])
            return context.close(promise: nil)
        }
        if inbound.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(inbound)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
