// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

extension ServerConnection {
    /// Bodies up to this size are copied behind their head, so that one write carries both.
    private static let copiedBodyBytes = 32 << 10

    func send(status: Int, headers: HTTPHeaders, body: ByteBuffer, of exchange: ServerExchange) {
        guard self.exchange === exchange, state.send() else { return }
        write(status: status, headers: headers, body: body)
        requestEnded()
    }

    func start(status: Int, headers: HTTPHeaders, of exchange: ServerExchange) {
        guard self.exchange === exchange,
            let isChunked = state.start(hasLength: headers.contains(name: "content-length"))
        else { return }
        writeHead(status: status, headers: headers, contentLength: nil, isChunked: isChunked)
    }

    func write(_ bytes: ByteBuffer, of exchange: ServerExchange) async throws(GatewayError) {
        guard self.exchange === exchange, let context, context.channel.isActive else {
            throw GatewayError(.clientClosed, "The client closed the connection.")
        }
        guard case .some(let isChunked) = beginWrite() else { return }
        append(bytes, isChunked: isChunked, context)
        flush(context)
        guard !context.channel.isWritable else { return }
        deadline = loop.deadline(after: settings.keepAliveTimeout)
        countUnsent(context)
        while context.channel.isActive, !context.channel.isWritable { await writable.wait() }
        guard self.exchange === exchange else { throw GatewayError(.clientClosed, "The client closed the connection.") }
        deadline = .max
        guard context.channel.isActive else { throw GatewayError(.clientClosed, "The client closed the connection.") }
    }

    func finish(_ bytes: ByteBuffer, of exchange: ServerExchange) {
        guard self.exchange === exchange, let context, let isChunked = beginWrite() else { return }
        append(bytes, isChunked: isChunked, context)
        if isChunked, state.answersWithBody { outbound.writeStaticString("0\r\n\r\n") }
        state.finish()
        flushLast(context)
        requestEnded()
    }

    /// Cuts the answer off, or says that there is none.
    func abort(_ exchange: ServerExchange) {
        guard self.exchange === exchange else { return }
        let answer = state.abort()
        switch answer {
        case .none:
            let (headers, body) = settings.malformedRequest(500, "The gateway could not process this request.")
            send(status: 500, headers: headers, body: body, of: exchange)
        case .headPending, .underWay:
            self.exchange = nil
            logAccess(isComplete: false)
            // A head that waits goes out; the end of the body does not, so no client takes it for whole. What was written has gone, though the buffer still holds it.
            if case .headPending = answer, let context { flush(context) }
            closeAfterFlush()
        case .ended:
            break
        }
    }

    /// Writes a whole answer.
    func write(status: Int, headers: HTTPHeaders, body: ByteBuffer) {
        guard let context else { return }
        writeHead(status: status, headers: headers, contentLength: body.readableBytes, isChunked: false)
        append(body, isChunked: false, context)
        flushLast(context)
    }

    // MARK: Bytes

    private func writeHead(status: Int, headers: HTTPHeaders, contentLength: Int?, isChunked: Bool) {
        state.settle(bodyLeft, hasMore: inbound.readableBytes > 0, isLeaving: loop.sendsClientsAway)
        outbound.clear()
        accessNotes?.noteHead(status, headers)
        var headers = headers
        headers.add(name: "date", value: loop.date)
        let framing: StaticString =
            switch (isChunked, state.keepsAlive) {
            case (true, true): "transfer-encoding: chunked\r\n"
            case (true, false): "transfer-encoding: chunked\r\nconnection: close\r\n"
            // A client of HTTP/1.0 counts on no more than it is told.
            case (false, true): state.isCurrentVersion ? "" : "connection: keep-alive\r\n"
            case (false, false): "connection: close\r\n"
            }
        HTTP1HeadWriter.writeResponse(
            status: status,
            headers: headers,
            framing: framing,
            contentLength: contentLength,
            into: &outbound
        )
    }

    /// Whether the body is chunked; nil if nothing may be written any more.
    ///
    /// Forgets what an earlier write left in the output buffer.
    private func beginWrite() -> Bool? {
        guard let (isChunked, isFirst) = state.writePiece() else { return nil }
        if !isFirst { outbound.clear() }
        return isChunked
    }

    private func append(_ bytes: ByteBuffer, isChunked: Bool, _ context: ChannelHandlerContext) {
        guard bytes.readableBytes > 0, state.answersWithBody else { return }
        accessNotes?.noteBytes(bytes.readableBytes)
        if bytes.readableBytes <= Self.copiedBodyBytes {
            if isChunked { outbound.writeChunk(bytes) } else { outbound.writeImmutableBuffer(bytes) }
        } else {
            if isChunked { outbound.writeChunkSize(bytes.readableBytes) }
            context.write(wrapOutboundOut(outbound), promise: nil)
            context.write(wrapOutboundOut(bytes), promise: nil)
            outbound = ByteBuffer()
            if isChunked { outbound.writeStaticString("\r\n") }
        }
    }

    private func flush(_ context: ChannelHandlerContext) {
        // If the client has left, these bytes tell.
        departureTick = .max
        accessNotes?.noteFlush()
        if outbound.readableBytes > 0 {
            context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
        } else {
            context.flush()
        }
    }

    private func flushLast(_ context: ChannelHandlerContext) {
        flush(context)
        if state.closesAfterAnswer(bodyLeft) { closeAfterFlush() }
    }

    /// Closes once everything that was written has gone out.
    func closeAfterFlush() {
        guard let context, state.phase != .closed else { return }
        state.close()
        deadline = loop.deadline(after: settings.keepAliveTimeout)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let flushed = context.eventLoop.makePromise(of: Void.self)
        flushed.futureResult.whenComplete { _ in bound.value.closeNow() }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: flushed)
        countUnsent(context)
    }
}
