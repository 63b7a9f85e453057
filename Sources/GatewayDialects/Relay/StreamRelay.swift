// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import NIOCore

/// Relays a stream of server-sent events: complete events go on as their own bytes.
package struct StreamRelay<Observer: StreamObserver>: ResponseTransform {
    private var framer = EventFramer()
    private var observer: Observer
    private let dialect: any RelayedDialect
    private let requestID: String
    package private(set) var observation = ResponseObservation()
    /// Whether an event was called an error, whatever its data says.
    private var hasErrorEvent = false

    package var contentType: String? { nil }
    package var keepsLength: Bool { false }
    package var mayQuoteError: Bool { hasErrorEvent || observation.error != nil }

    package init(_ observer: Observer, dialect: any RelayedDialect, requestID: String) {
        self.observer = observer
        self.dialect = dialect
        self.requestID = requestID
    }

    package mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        relay(try framer.consume(bytes))
    }

    package mutating func finish() throws(GatewayError) -> ByteBuffer {
        let rest = framer.finish()
        var output = ByteBuffer()
        // Of an event without its blank line nobody knows whether it is whole, unless it can be read.
        if framer.isLastReadable(in: rest) {
            output = relay(rest)
            // Clients ignore an event without its blank line.
            output.writeStaticString("\n\n")
        }
        observer.observeEnd(&observation)
        guard observation.isComplete || observation.error != nil else { throw .endedEarly }
        return output
    }

    package mutating func fail(_ error: GatewayError) -> ByteBuffer {
        dialect.encodeStreamError(error, requestID: requestID)
    }

    /// What the client gets of the framer's frames.
    ///
    /// Whoever holds a relay knows it by its protocol, and so calls code that finds out about the observer at each step; the observers that serve the most get code
    /// of their own.
    @specialized(where Observer == OpenAIChatObserver)
    @specialized(where Observer == MLflowChatObserver)
    @specialized(where Observer == ResponsesObserver)
    @specialized(where Observer == AnthropicObserver)
    @specialized(where Observer == GeminiObserver)
    private mutating func relay(_ buffer: ByteBuffer) -> ByteBuffer {
        Observer.maximumReplacement > 0 ? rewrite(buffer) : pass(buffer)
    }

    /// The frames as they are but for hidden ones, sharing their memory where none is.
    private mutating func pass(_ buffer: ByteBuffer) -> ByteBuffer {
        var output: ByteBuffer?
        buffer.withUnsafeReadableBytes { bytes in
            // What has been copied into `output` so far, once there is one.
            var copied = 0
            for frame in framer.frames where frame.hasData {
                if case .forward = observe(frame, of: bytes) { continue }
                if output == nil { output = ByteBufferAllocator().buffer(capacity: bytes.count) }
                output?.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[copied..<frame.raw.lowerBound]))
                copied = frame.raw.upperBound
            }
            if output != nil { output?.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[copied...])) }
        }
        return output ?? buffer
    }

    /// The frames with parts of them replaced, in one new buffer.
    private mutating func rewrite(_ buffer: ByteBuffer) -> ByteBuffer {
        let events = framer.frames.reduce(0) { $0 &+ ($1.hasData ? 1 : 0) }
        guard events > 0 else { return buffer }
        // An event of several data lines may gain two spaces when it is put together again.
        let size = buffer.readableBytes &+ events &* (Observer.maximumReplacement &+ 16)
        var output = ByteBufferAllocator().buffer(capacity: size)
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
            buffer.withUnsafeReadableBytes { bytes in
                var output = RawOutput(memory)
                var copied = 0
                for frame in framer.frames where frame.hasData {
                    let disposition = observe(frame, of: bytes)
                    if case .forward = disposition { continue }
                    output.write(UnsafeRawBufferPointer(rebasing: bytes[copied..<frame.raw.lowerBound]))
                    copied = frame.raw.upperBound
                    if case .replace(let range) = disposition { write(frame, of: bytes, replacing: range, &output) }
                }
                output.write(UnsafeRawBufferPointer(rebasing: bytes[copied...]))
                return output.count
            }
        }
        return output
    }

    /// Writes an event with a part of its data replaced; everything else keeps its bytes.
    ///
    /// It mutates nothing, but were it not to be called as if it did, each call would copy the relay.
    private mutating func write(
        _ frame: EventFramer.Frame,
        of bytes: UnsafeRawBufferPointer,
        replacing range: Range<Int>,
        _ output: inout RawOutput
    ) {
        guard let index = frame.joined else {
            let start = frame.data.lowerBound
            output.write(
                UnsafeRawBufferPointer(rebasing: bytes[frame.raw.lowerBound..<start &+ range.lowerBound])
            )
            observer.writeReplacement(into: &output)
            output.write(UnsafeRawBufferPointer(rebasing: bytes[start &+ range.upperBound..<frame.raw.upperBound]))
            return
        }
        // Several data lines become one: outside strings, where JSON has no line ends, a space means the same.
        if !frame.name.isEmpty {
            output.write("event: ")
            output.write(UnsafeRawBufferPointer(rebasing: bytes[frame.name]))
            output.write("\n")
        }
        output.write("data: ")
        framer.joinedData[index].withUnsafeReadableBytes { data in
            for byte in data[..<range.lowerBound] { output.write(byte == LineEnd.lineFeed ? 0x20 : byte) }
            observer.writeReplacement(into: &output)
            for byte in data[range.upperBound...] { output.write(byte == LineEnd.lineFeed ? 0x20 : byte) }
        }
        output.write("\n\n")
    }

    @inline(__always)
    private mutating func observe(_ frame: EventFramer.Frame, of bytes: UnsafeRawBufferPointer) -> EventDisposition {
        let name = UnsafeRawBufferPointer(rebasing: bytes[frame.name])
        if name.count == 5, ObservedEvent(name: name, data: name).isNamed("error") { hasErrorEvent = true }
        guard let joined = frame.joined else {
            let data = UnsafeRawBufferPointer(rebasing: bytes[frame.data])
            return observer.observe(ObservedEvent(name: name, data: data), &observation)
        }
        return framer.joinedData[joined].withUnsafeReadableBytes { data in
            observer.observe(ObservedEvent(name: name, data: data), &observation)
        }
    }
}

extension GatewayError {
    /// A stream or body that ended before its format says it may.
    static var endedEarly: GatewayError {
        GatewayError(
            .upstreamUnavailable,
            "The model provider closed the connection mid-response.",
            cause: "upstream ended early"
        )
    }

    /// Bytes that are not what the upstream's format allows.
    static func unreadableAnswer(_ cause: String) -> GatewayError {
        GatewayError(
            .upstreamUnavailable,
            "The model provider's response could not be read.",
            cause: cause
        )
    }
}
