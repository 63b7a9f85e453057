// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

extension ServerConnection {
    func body(of exchange: ServerExchange, for account: CallerAccount) async throws(GatewayError) -> ByteBuffer {
        guard self.exchange === exchange, let requestBody else {
            throw bodyError ?? GatewayError(.clientClosed, "The client closed the connection.")
        }
        let coding = try RequestDecoding.coding(of: exchange.request.headers)
        try open(for: account)
        // A body that is refused is not read.
        try requestBody.admit(holding)
        state.wantBody()
        bodyStart = loop.tick
        feedBody()
        if self.requestBody?.isComplete == false, bodyError == nil {
            guard !state.inputIsClosed else {
                // The rest cannot come any more.
                closeNow()
                throw GatewayError(.clientClosed, "The client closed the connection.")
            }
            askToContinue()
            noteBodyProgress()
            resumeReading()
            while self.exchange === exchange, self.requestBody?.isComplete == false, bodyError == nil {
                await bodyNews.wait()
            }
        }
        deadline = .max
        if let bodyError { throw bodyError }
        guard self.exchange === exchange, let bytes = self.requestBody?.take() else {
            throw GatewayError(.clientClosed, "The client closed the connection.")
        }
        guard let coding else { return bytes }
        return try await decode(
            RequestDecoding(coding, of: bytes, maximumBytes: settings.maximumBodyBytes),
            of: exchange
        )
    }

    /// Decodes a body that has come: the first part of it here, the rest of a large one on other threads.
    private func decode(
        _ decoding: consuming RequestDecoding,
        of exchange: ServerExchange
    ) async throws(GatewayError) -> ByteBuffer {
        var decoding = decoding
        var counted = 0
        while true {
            let body = try await settings.largeBodies.run(over: decoding.workBytes) { () throws(GatewayError) in
                try decoding.turn()
            }
            guard self.exchange === exchange else {
                throw GatewayError(.clientClosed, "The client closed the connection.")
            }
            let total = body?.readableBytes ?? decoding.decodedBytes
            try holding.take(total - counted)
            counted = total
            if let body { return body }
        }
    }

    func hold(_ bytes: Int, of exchange: ServerExchange, for account: CallerAccount) throws(GatewayError) {
        guard self.exchange === exchange, state.phase == .serving else { return }
        try open(for: account)
        try holding.take(bytes)
    }

    private func open(for account: CallerAccount) throws(GatewayError) {
        isKnown = true
        try holding.open(for: account)
    }

    func feedBody() {
        guard state.bodyIsWanted, requestBody?.isComplete == false, bodyError == nil else { return }
        do throws(GatewayError) {
            try requestBody?.read(from: &inbound, holding: &holding)
            noteBodyProgress()
            if requestBody?.isComplete == true { bodyNews.raise() }
        } catch {
            bodyError = error
            state.failBody()
            bodyNews.raise()
        }
    }

    private func askToContinue() {
        if let context, state.takeExpectation() { writeContinue(context) }
    }

    func writeContinue(_ context: ChannelHandlerContext) {
        context.writeAndFlush(
            wrapOutboundOut(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")),
            promise: nil
        )
    }

    /// Gives the client its time again; all in all it has ten times that, and more as it keeps a fair pace.
    private func noteBodyProgress() {
        let patience = ServingLoop.ticks(settings.clientTimeout) + 1
        deadline = min(loop.tick + patience, bodyStart + 10 * patience + (requestBody?.earnedTicks ?? 0))
    }
}
