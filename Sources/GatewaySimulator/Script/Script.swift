// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore
package import NIOHTTP1

/// Everything that the simulator will send for one request, and when: a value that can be read without sockets and clocks.
package struct Script: Sendable {
    /// Bytes of the body that are sent together.
    package struct Step: Sendable, Equatable {
        /// How long to wait before sending.
        package var delay: Duration
        package var bytes: ByteBuffer

        package init(delay: Duration = .zero, bytes: ByteBuffer) {
            self.delay = delay
            self.bytes = bytes
        }
    }

    /// What happens after the last step.
    package enum Ending: Sendable, Equatable {
        /// The body ends as it should.
        case complete
        /// The connection closes although the body is not complete.
        case broken
        /// Nothing more happens until the client goes away.
        case silent
    }

    package var status: Int
    package var headers: HTTPHeaders
    /// One step for a non-streaming response, one for each event of a stream.
    package var steps: [Step]
    package var ending: Ending
    /// Whether the response is a stream, whose length is unknown beforehand.
    package var isStream: Bool

    package init(status: Int, headers: HTTPHeaders, steps: [Step], ending: Ending = .complete, isStream: Bool) {
        self.status = status
        self.headers = headers
        self.steps = steps
        self.ending = ending
        self.isStream = isStream
    }

    /// The body as it would arrive if nothing were delayed.
    package var body: ByteBuffer {
        var body = ByteBuffer()
        for step in steps { body.writeImmutableBuffer(step.bytes) }
        return body
    }
}
