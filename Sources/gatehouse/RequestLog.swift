// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewaySQL

/// Writes a line for each request that has ended, next to the log.
///
/// A line is formatted where the request ended and written on the log's thread; lines that nobody reads are dropped and counted like any other.
struct RequestLog: Sendable {
    let format: LogFormat
    let writer: LogWriter

    func write(_ record: AccessRecord) {
        let line =
            switch format {
            case .text: TerminalText.escaping(Self.text(record))
            case .json:
                LogFormat.line(level: "info", message: "request", logger: "gatehouse.access") {
                    Self.add(record, to: &$0)
                }
            }
        writer.write(line, isOneOfMany: true)
    }

    private static func text(_ record: AccessRecord) -> String {
        var line = "\(LineLogHandler.timestamp()) info gatehouse.access: \(record.remoteAddress)"
        line += " \(record.method) \(record.path) \(record.status) bytes=\(record.bytes) ms=\(record.milliseconds)"
        if let time = record.millisecondsToFirstByte { line += " first_byte_ms=\(time)" }
        if !record.isComplete { line += " complete=false" }
        for (name, value) in [
            ("request_id", record.requestID), ("principal", record.principal), ("service", record.service),
        ] {
            if let value { line += " \(name)=\(value)" }
        }
        return line
    }

    private static func add(_ record: AccessRecord, to writer: inout JSONWriter) {
        writer.member("client", record.remoteAddress)
        writer.member("method", record.method)
        writer.member("path", record.path)
        writer.member("status", record.status)
        writer.member("bytes", record.bytes)
        writer.member("ms", record.milliseconds)
        if let time = record.millisecondsToFirstByte { writer.member("first_byte_ms", time) }
        writer.member("complete", record.isComplete)
        if let id = record.requestID { writer.member("request_id", id) }
        if let principal = record.principal { writer.member("principal", principal) }
        if let service = record.service { writer.member("service", service) }
    }
}
