// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayJSON
import NIOCore

/// Prints how fast GatewayJSON reads and writes typical documents, beside Foundation: a table in Markdown.
///
/// `json-bench [DOCUMENT [OPERATION]]` runs only the rows whose names contain these. Build it with `-c release`.
@main
struct JSONBenchmark {
    static func main() throws {
        let filters = CommandLine.arguments.dropFirst()
        print("| Document | Bytes | Operation | MB/s | µs per document |")
        print("|---|---:|---|---:|---:|")
        for document in Document.all where matches(document.name, filters.first) {
            try run(document, filter: filters.dropFirst().first)
        }
    }

    private static func run(_ document: Document, filter: String?) throws {
        let bytes = document.bytes
        let data = Data(bytes.readableBytesView)
        let value = try JSONValue(validating: bytes)
        let tree = Tree(value)
        let dictionary = try JSONSerialization.jsonObject(with: data)
        let decoder = JSONDecoder()
        let encoder = JSONEncoder()
        let request = try? decoder.decode(ChatRequest.self, from: data)
        let row = { (operation: String, body: () throws -> Int) in
            guard matches(operation, filter) else { return }
            let time = try nanoseconds(body)
            let speed = Double(bytes.readableBytes) * 1000 / time
            print(
                "| \(document.name) | \(bytes.readableBytes) | \(operation) | \(Int(speed.rounded())) |",
                String(format: "%.2f |", time / 1000)
            )
        }

        try row("scan, find `model`") { try JSONScan(bytes).unique("model")?.range.count ?? 0 }
        try row("capture `usage` in passing") {
            var capture = JSONMemberCapture("usage")
            capture.consume(bytes)
            return capture.value?.range.count ?? 0
        }
        try row("validate") { try JSONValue(validating: bytes).range.count }
        try row("validate, visit and decode everything") { try JSONValue(validating: bytes).visitAll() }
        try row("`JSONSerialization`, read") {
            try (JSONSerialization.jsonObject(with: data) as? [String: Any])?.count ?? 0
        }
        if request != nil {
            try row("`JSONDecoder` into structs") { try decoder.decode(ChatRequest.self, from: data).messages.count }
        }
        try row("visit and write, spelling kept") {
            var writer = JSONWriter()
            value.rewrite(&writer)
            return writer.buffer.readableBytes
        }
        try row("write from Swift values") {
            var writer = JSONWriter()
            tree.write(&writer)
            return writer.buffer.readableBytes
        }
        try row("`JSONSerialization`, write") { try JSONSerialization.data(withJSONObject: dictionary).count }
        if let request {
            try row("`JSONEncoder` from structs") { try encoder.encode(request).count }
        }
    }

    private static func matches(_ name: String, _ filter: String?) -> Bool {
        filter.map { $0.isEmpty || name.contains($0) } ?? true
    }

    /// The CPU time of one call: the best of nine batches of at least 20 ms each.
    ///
    /// CPU time, so that what else runs on the machine disturbs little; the best, since what disturbs only adds.
    private static func nanoseconds(_ body: () throws -> Int) rethrows -> Double {
        var calls = 1
        while try cpuTime({ try repeatBody(calls, body) }) < 20_000_000 { calls *= 2 }
        let batches = try (0..<9).map { _ in try cpuTime { try repeatBody(calls, body) } / Double(calls) }
        return batches.min() ?? 0
    }

    /// The nanoseconds for which this thread kept a processor busy.
    private static func cpuTime(_ body: () throws -> Void) rethrows -> Double {
        let start = threadTime()
        try body()
        return threadTime() - start
    }

    private static func threadTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    @inline(never)
    private static func repeatBody(_ count: Int, _ body: () throws -> Int) rethrows {
        var sum = 0
        for _ in 0..<count { sum &+= try body() }
        if sum == .min { print("never") }
    }
}
