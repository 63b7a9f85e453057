// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayCore
import GatewayJSON
import NIOCore

/// How lines of the log are written.
enum LogFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// For people.
    case text
    /// One JSON object per line.
    case json

    /// The most bytes of a message whose fields make the line too long.
    private static let shortMessageBytes = 2 << 10

    /// A line of JSON that is whole, however long its parts are.
    static func line(level: String, message: String, logger: String, fields: (inout JSONWriter) -> Void) -> String {
        let line = write(level, message, logger, fields)
        guard line.utf8.count > LogWriter.maximumLineBytes else { return line }
        return write(level, message.prefixOfUTF8(shortMessageBytes), logger) { $0.member("truncated", true) }
    }

    private static func write(
        _ level: String,
        _ message: String,
        _ logger: String,
        _ fields: (inout JSONWriter) -> Void
    ) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("time", timestamp())
            writer.member("level", level)
            writer.member("logger", logger)
            writer.member("message", message)
            writer.member("fields", object: fields)
        }
        return String(buffer: writer.buffer)
    }

    /// The time in UTC, as RFC 3339 writes it: `2026-11-21T09:00:00.123Z`.
    static func timestamp() -> String {
        let (seconds, milliseconds) = Int(Date().timeIntervalSince1970 * 1000).quotientAndRemainder(dividingBy: 1000)
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            let count = strftime(buffer.baseAddress, 64, "%Y-%m-%dT%H:%M:%S", &parts)
            let text = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return "\(text).\(milliseconds < 10 ? "00" : milliseconds < 100 ? "0" : "")\(milliseconds)Z"
        }
    }
}
