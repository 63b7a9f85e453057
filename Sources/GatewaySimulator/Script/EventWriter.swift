// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Collects the events of a stream as steps of a script: one buffer for all of them, cut at the end.
///
/// It also keeps the pace and stops where the script is to be interrupted; what is written after that is dropped.
struct EventWriter {
    private var buffer: ByteBuffer
    private var marks: [(end: Int, delay: Duration)] = []
    private let pace: Pace
    private let interruption: Interruption?
    private var tokens = 0
    /// Whether the first token, shown or not, is over.
    private var hasBegun = false
    /// The time that tokens took which are not shown.
    private var pause = Duration.zero
    /// Whether the interruption has come.
    private(set) var isInterrupted = false

    init(pace: Pace, interruption: Interruption?, capacity: Int) {
        buffer = ByteBufferAllocator().buffer(capacity: capacity)
        self.pace = pace
        self.interruption = interruption
        isInterrupted = interruption?.tokens == 0
    }

    /// Adds an event that is no token: it follows the one before at once.
    mutating func event(_ write: (inout ByteBuffer) -> Void) {
        guard !isInterrupted else { return }
        write(&buffer)
        marks.append((buffer.writerIndex, .zero))
    }

    /// Adds an event that carries the next token.
    mutating func token(_ write: (inout ByteBuffer) -> Void) {
        guard !isInterrupted else { return }
        skipToken()
        write(&buffer)
        marks.append((buffer.writerIndex, pause))
        pause = .zero
        tokens += 1
        if tokens == interruption?.tokens { isInterrupted = true }
    }

    /// Adds an event, as the next token or not.
    mutating func add(isToken: Bool, _ write: (inout ByteBuffer) -> Void) {
        if isToken { token(write) } else { event(write) }
    }

    /// Notes a token that is not shown; it takes its time all the same.
    mutating func skipToken() {
        pause += hasBegun ? pace.interToken : pace.firstToken
        hasBegun = true
    }

    /// Notes that the content is complete: an interruption that has not come yet comes now.
    mutating func contentIsComplete() {
        if interruption != nil { isInterrupted = true }
    }

    /// The steps, followed by the error event if the interruption is one.
    mutating func finish(
        error: (inout ByteBuffer, _ status: Int) -> Void
    ) -> (steps: [Script.Step], ending: Script.Ending) {
        var ending = Script.Ending.complete
        if isInterrupted, let interruption {
            switch interruption.kind {
            case .end: ending = .broken
            case .silence: ending = .silent
            case .error(let status):
                error(&buffer, status)
                skipToken()
                marks.append((buffer.writerIndex, pause))
            }
        }
        var steps: [Script.Step] = []
        steps.reserveCapacity(marks.count)
        var start = buffer.readerIndex
        for mark in marks {
            if let bytes = buffer.getSlice(at: start, length: mark.end - start) {
                steps.append(Script.Step(delay: mark.delay, bytes: bytes))
            }
            start = mark.end
        }
        return (steps, ending)
    }
}

extension ByteBuffer {
    /// Writes one JSON value.
    mutating func writeJSON(_ write: (inout JSONWriter) -> Void) {
        var taken = ByteBuffer()
        swap(&taken, &self)
        var writer = JSONWriter(into: taken)
        taken = ByteBuffer()
        write(&writer)
        self = writer.buffer
    }
}
