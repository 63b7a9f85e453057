// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

/// The task's handle on one request of a client connection.
///
/// Its members must be used on the connection's event loop. Once the client has left or the answer has ended, they do nothing or throw.
final class ServerExchange: HTTPExchange {
    let request: HTTPRequest
    /// Which request of its connection this is: a late call must not reach the next one.
    let number: Int
    private let connection: NIOLoopBound<ServerConnection>

    init(request: HTTPRequest, number: Int, connection: ServerConnection, eventLoop: any EventLoop) {
        self.request = request
        self.number = number
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
    }

    func body(for account: CallerAccount) async throws(GatewayError) -> ByteBuffer {
        try await connection.value.body(of: self, for: account)
    }

    func hold(_ bytes: Int, for account: CallerAccount) throws(GatewayError) {
        try connection.value.hold(bytes, of: self, for: account)
    }

    func identify(_ caller: Caller, service: ModelService?) {
        connection.value.identify(caller, service: service, of: self)
    }

    func send(status: Int, headers: HTTPHeaders, body: ByteBuffer) {
        connection.value.send(status: status, headers: headers, body: body, of: self)
    }

    func start(status: Int, headers: HTTPHeaders) {
        connection.value.start(status: status, headers: headers, of: self)
    }

    func write(_ bytes: ByteBuffer) async throws(GatewayError) {
        try await connection.value.write(bytes, of: self)
    }

    func finish(_ bytes: ByteBuffer) {
        connection.value.finish(bytes, of: self)
    }

    func abort() {
        connection.value.abort(self)
    }

    /// The responder has returned.
    func taskEnded() {
        connection.value.taskEnded(self)
    }
}
