// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// Passes an answer through policies on its way from its ``ResponseTransform`` to the client.
///
/// It exists only for calls that a policy looks at.
package struct AnswerReview: Sendable {
    private var codec: any AnswerStepCodec
    private var policies: [any ContentPolicy]
    /// Whether a policy has ended the answer; what comes after it from upstream is for nobody.
    package private(set) var hasEnded = false

    /// The content type of the output; nil keeps the transform's.
    package var contentType: String? { codec.contentType }

    package init(_ codec: any AnswerStepCodec, _ policies: [any ContentPolicy]) {
        self.codec = codec
        self.policies = policies
    }

    /// Takes the next bytes that the transform gave.
    ///
    /// - Returns: What can go to the client now.
    /// - Throws: What a policy throws; ``GatewayError/Code/upstreamUnavailable`` if the answer is larger than what may be held.
    package mutating func pass(_ output: ByteBuffer) async throws(GatewayError) -> ByteBuffer {
        guard !hasEnded, output.readableBytes > 0 else { return ByteBuffer() }
        return try await review(try codec.read(output, isLast: false))
    }

    /// Takes the rest of what the transform gave.
    package mutating func finish(_ rest: ByteBuffer) async throws(GatewayError) -> ByteBuffer {
        guard !hasEnded else { return codec.finish() }
        var output = try await review(try codec.read(rest, isLast: true))
        if !hasEnded {
            // What one policy releases the later ones have to see.
            for index in policies.indices {
                let released = try await policies[index].finishReview()
                output.writeImmutableBuffer(try await review(released, from: index + 1))
                if hasEnded { break }
            }
        }
        output.writeImmutableBuffer(codec.finish())
        return output
    }

    /// Takes the bytes that end a stream with an error in the client's dialect; no policy sees them.
    package mutating func fail(_ output: ByteBuffer) -> ByteBuffer {
        guard !hasEnded, let steps = try? codec.read(output, isLast: true) else { return ByteBuffer() }
        hasEnded = true
        var written = codec.write(steps)
        written.writeImmutableBuffer(codec.finish())
        return written
    }

    private mutating func review(
        _ steps: [AnswerStep],
        from first: Int = 0
    ) async throws(GatewayError) -> ByteBuffer {
        var steps = steps
        var reason: FinishReason?
        for index in policies.indices.dropFirst(first) {
            var passed: [AnswerStep] = []
            // Later policies still see what comes before the end.
            steps: for step in steps {
                switch try await policies[index].review(step) {
                case .pass(let more): passed += more
                case .end(let more, let why):
                    passed += more
                    reason = why
                    break steps
                }
            }
            steps = passed
        }
        var output = codec.write(steps)
        if let reason {
            output.writeImmutableBuffer(codec.end(reason))
            hasEnded = true
        }
        return output
    }
}
