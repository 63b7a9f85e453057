// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore
import NIOHTTP1

/// Answers plain HTTP on a port that speaks TLS: before the TLS handler, which could only close the connection.
///
/// The first byte decides; a TLS client passes from then on.
final class PlainHTTPRefusal: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long the client may take to read the answer: closing at once could destroy it on its way.
    private static let patience = TimeAmount.seconds(2)
    private static let message =
        "This port speaks HTTPS, and the client sent plain HTTP. Use https:// in the URL."

    private let malformedRequest: @Sendable (Int, String) -> (HTTPHeaders, ByteBuffer)
    private let notice: RareNotice
    private var hasRefused = false

    init(_ settings: ListenerSettings) {
        malformedRequest = settings.malformedRequest
        notice = settings.notices.plainHTTP
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasRefused else { return }
        let bytes = unwrapInboundIn(data)
        guard let first = bytes.readableBytesView.first else { return }
        // All methods begin with a capital letter; a TLS record does not.
        guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else {
            context.fireChannelRead(data)
            return context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
        hasRefused = true
        notice.log(["peer": context.channel.remoteAddress?.ipAddress ?? ""])
        refuse(context)
    }

    private func refuse(_ context: ChannelHandlerContext) {
        let (headers, body) = malformedRequest(400, Self.message)
        var output = ByteBuffer()
        HTTP1HeadWriter.writeResponse(
            status: 400,
            headers: headers,
            framing: "connection: close\r\n",
            contentLength: body.readableBytes,
            into: &output
        )
        output.writeImmutableBuffer(body)
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(mode: .all, promise: nil) }
    }
}
