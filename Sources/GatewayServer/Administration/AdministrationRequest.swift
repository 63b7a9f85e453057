// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewayPipeline
import GatewaySchema
import NIOCore
import NIOHTTP1

/// A request of administration, whose caller is known.
struct AdministrationRequest: Sendable {
    /// The largest body, in bytes.
    static let maximumBodyBytes = 1 << 20

    /// Most values of a body that a section reads.
    private static let maximumValues = 4096

    let head: HTTPRequest
    /// Empty where the method takes none.
    private let body: ByteBuffer
    let snapshot: Snapshot
    let caller: Caller
    let requestID: String
    /// Microseconds since 1970 UTC.
    let time: Int64
    /// Of the path, decoded.
    let parameters: [String: String]
    /// Of the query, decoded; of parameters of one name the last one counts.
    let query: [String: String]

    init(
        head: HTTPRequest,
        body: ByteBuffer,
        snapshot: Snapshot,
        caller: Caller,
        requestID: String,
        time: Int64,
        parameters: [String: String],
        query: [String: String]
    ) {
        self.head = head
        self.body = body
        self.snapshot = snapshot
        self.caller = caller
        self.requestID = requestID
        self.time = time
        self.parameters = parameters
        self.query = query
    }

    var metastore: Metastore { snapshot.metastore }

    /// Who asks, for the audit log.
    var actor: Actor {
        Actor(
            caller,
            sourceAddress: head.remoteAddress,
            userAgent: head.headers.first(name: "user-agent").map { $0.prefixOfUTF8(512) },
            requestID: requestID,
            time: time
        )
    }

    /// A parameter of the path.
    subscript(name: String) -> String { parameters[name] ?? "" }

    /// A whole number of the query.
    func number(_ name: String, in range: ClosedRange<Int>, default standard: Int) throws(GatewayError) -> Int {
        guard let text = query[name], !text.isEmpty else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw GatewayError(
                .invalidParameter,
                "`\(name)` must be a whole number from \(range.lowerBound) to \(range.upperBound).",
                parameter: name
            )
        }
        return number
    }

    /// A flag of the query.
    func flag(_ name: String) throws(GatewayError) -> Bool {
        switch query[name]?.lowercased() {
        case nil, "", "false": return false
        case "true": return true
        default: throw GatewayError(.invalidParameter, "`\(name)` must be `true` or `false`.", parameter: name)
        }
    }

    /// The body, an object of JSON.
    func json() throws(GatewayError) -> JSONValue {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(
                validating: body.readableBytes == 0 ? ByteBuffer(string: "{}") : body,
                maximumDepth: 32
            )
        } catch {
            throw GatewayError(.invalidRequest, "The body is not valid JSON: \(error).")
        }
        guard value.kind == .object else {
            throw GatewayError(.invalidRequest, "The body must be an object of JSON.")
        }
        return value
    }

    /// The body, read and checked as a section of the configuration file is.
    func body<Value>(_ section: Section<Value>) throws(GatewayError) -> Value {
        let node = FileNode(try json())
        guard node.valueCount <= Self.maximumValues else {
            throw GatewayError(.invalidParameter, "The body has more than \(Self.maximumValues) values.")
        }
        return try Self.read(section, node, keyPath: "")
    }

    /// Reads a value of the body, as a section of the configuration file is read.
    ///
    /// - Throws: ``GatewayError/Code/invalidParameter`` with all that is wrong.
    static func read<Value>(_ section: Section<Value>, _ node: FileNode, keyPath: String) throws(GatewayError) -> Value
    {
        var reading = Reading(environment: nil)
        let value = section.read(node, Place(line: 0, keyPath: keyPath, root: "the body"), &reading)
        guard let value, reading.problems.isEmpty else { throw .problems(reading.problems) }
        return value
    }
}
