// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayJSON
import GatewaySQL
import Logging

/// Logs one line for each event: time, level, label, metadata, module, message; or the same as a JSON object.
///
/// What comes from strangers can neither begin a line of its own nor drive a terminal. Writing is the ``LogWriter``'s affair.
struct LineLogHandler: LogHandler {
    /// Logs everything of this process, from that level on, to standard error.
    static func bootstrap(level: Logger.Level, format: LogFormat = .text) {
        LogWriter.standardError.use(format)
        LoggingSystem.bootstrap { label in
            var handler = LineLogHandler(label: label, format: format, writer: .standardError)
            handler.logLevel = level
            return handler
        }
    }

    private let label: String
    private let format: LogFormat
    private let writer: LogWriter
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()

    init(label: String, format: LogFormat, writer: LogWriter) {
        self.label = label
        self.format = format
        self.writer = writer
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var metadata = metadata
        if let explicit = event.metadata { metadata.merge(explicit) { $1 } }
        if let error = event.error { metadata["error"] = "\(error)" }
        guard format == .text else { return writeJSON(event, metadata) }
        var line = "\(Self.timestamp()) \(event.level) \(label):"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(value)" }
        line += " [\(event.source)] \(event.message)"
        writer.write(TerminalText.escaping(line))
    }

    private func writeJSON(_ event: LogEvent, _ metadata: Logger.Metadata) {
        let sorted = metadata.sorted { $0.key < $1.key }
        writer.write(
            LogFormat.line(level: "\(event.level)", message: "\(event.message)", logger: label) { writer in
                for (key, value) in sorted {
                    writer.key(key)
                    writer.string("\(value)")
                }
            }
        )
    }

    /// The local time with its offset, as `2026-11-21T09:00:00+0000`.
    static func timestamp() -> String {
        var now = time(nil)
        var local = tm()
        localtime_r(&now, &local)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            let count = strftime(buffer.baseAddress, 64, "%Y-%m-%dT%H:%M:%S%z", &local)
            return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
