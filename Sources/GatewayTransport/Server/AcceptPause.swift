// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Logging
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Pauses a listening socket that cannot accept, because descriptors or memory have run out.
///
/// Without it the socket stays readable and is tried again at once, tens of thousands of times a second: NIO's own back-off delays a read that the socket no longer
/// waits for. Says so once, and once more when connections have been accepted again for a while.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(100)
    /// Without a failure for so long, it is over; sooner, the next one is the same trouble.
    private static let calm = TimeAmount.seconds(5)

    private let logger: Logger
    private var isFailing = false
    private var lastFailure = NIODeadline.uptimeNanoseconds(0)

    init(logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        // A client that left before it was accepted is no reason to keep others waiting.
        guard error.errnoCode != ECONNABORTED else { return }
        lastFailure = .now()
        if !isFailing {
            isFailing = true
            logger.error(
                "New connections must wait: the system cannot accept them. Close connections, or raise the limit of open files",
                metadata: ["error": "\(error)"]
            )
        }
        rest(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isFailing, NIODeadline.now() - lastFailure > Self.calm {
            isFailing = false
            logger.notice("Connections are accepted again")
        }
        context.fireChannelRead(data)
    }

    /// Takes the socket off the selector for a moment; only the option does that at once.
    private func rest(_ channel: any Channel) {
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        channel.eventLoop.scheduleTask(in: Self.pause) {
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
