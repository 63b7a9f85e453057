// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayJSON
import NIOCore
import Testing

/// The files beside these tests.
enum Fixtures {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    /// The bytes of a file in `Fixtures`.
    static func bytes(_ path: String) throws -> ByteBuffer {
        ByteBuffer(bytes: try Data(contentsOf: folder.appending(path: path)))
    }

    /// Writes a file in `Fixtures`.
    static func write(_ data: Data, to path: String) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    /// The value that a file in `Fixtures` holds.
    static func json(_ path: String) throws -> JSONValue {
        try JSONValue(validating: bytes(path))
    }
}

/// JSON with sorted keys and without whitespace, to compare documents as values.
func canonical(_ json: ByteBuffer) throws -> String {
    let value = try JSONSerialization.jsonObject(with: Data(json.readableBytesView), options: .fragmentsAllowed)
    let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
    return String(decoding: data, as: UTF8.self)
}

/// JSON with sorted keys and without whitespace, to compare documents as values.
func canonical(_ json: String) throws -> String { try canonical(ByteBuffer(string: json)) }

/// Checks that two documents are the same value.
func expectEqual(
    _ actual: ByteBuffer,
    _ expected: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(try canonical(actual) == canonical(expected), sourceLocation: sourceLocation)
}

extension Translation {
    /// The body as one buffer.
    var joinedBody: ByteBuffer { body.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) } }
}
