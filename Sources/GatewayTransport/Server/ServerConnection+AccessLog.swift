// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

/// What the access log is told of a request, as it is noted while the request is served.
struct AccessNotes {
    /// The longest path that is kept, in bytes.
    private static let maximumPathBytes = 1024

    private let received: NIODeadline
    private let remoteAddress: String
    private let method: String
    private let path: String
    private var status: Int?
    private var requestID: String?
    private var bytes = 0
    private var firstFlush: NIODeadline?
    var caller: Caller?
    var service: ModelService?

    init(_ request: HTTPRequest) {
        received = request.received
        remoteAddress = request.remoteAddress
        method = request.method.rawValue
        path = String(request.target.prefix { $0 != "?" && $0 != "#" }).prefixOfUTF8(Self.maximumPathBytes)
    }

    /// For what is no HTTP request.
    init(unreadableRequestFrom address: String) {
        received = .now()
        remoteAddress = address
        method = "-"
        path = "-"
    }

    mutating func noteHead(_ status: Int, _ headers: HTTPHeaders) {
        self.status = status
        requestID = headers.first(name: "x-request-id")
    }

    mutating func noteBytes(_ count: Int) { bytes += count }

    mutating func noteFlush() {
        if firstFlush == nil, status != nil { firstFlush = .now() }
    }

    /// The record of a request that ends now; 499 is the status of one whose client left before it got any.
    func record(isComplete: Bool) -> AccessRecord {
        AccessRecord(
            remoteAddress: remoteAddress,
            method: method,
            path: path,
            status: status ?? 499,
            bytes: bytes,
            milliseconds: Self.milliseconds(.now() - received),
            millisecondsToFirstByte: firstFlush.map { Self.milliseconds($0 - received) },
            isComplete: isComplete,
            requestID: requestID,
            principal: caller?.name,
            service: service?.name.description
        )
    }

    private static func milliseconds(_ amount: TimeAmount) -> Double {
        Double(amount.nanoseconds / 1000) / 1000
    }
}

extension ServerConnection {
    func identify(_ caller: Caller, service: ModelService?, of exchange: ServerExchange) {
        guard self.exchange === exchange else { return }
        accessNotes?.caller = caller
        accessNotes?.service = service
    }

    /// Tells the access log of the request that ends; once, whatever else ends with it.
    func logAccess(isComplete: Bool) {
        guard let accessNotes, let accessLog = settings.accessLog else { return }
        self.accessNotes = nil
        accessLog(accessNotes.record(isComplete: isComplete))
    }
}
