// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension Gemini {
    package func makeRelay(for relay: RelayContext) -> any ResponseTransform {
        guard relay.isStreaming else { return WholeRelay(usageMember: "usageMetadata", Self.usage) }
        guard relay.wantsServerSentEvents else { return GeminiArrayRelay(requestID: relay.requestID) }
        return StreamRelay(GeminiObserver(), dialect: self, requestID: relay.requestID)
    }
}

/// Reads the elements of a Gemini stream in passing.
///
/// Nothing marks the end of such a stream but the end of the body; it is complete if every candidate that began has its `finishReason`, or if the prompt was
/// blocked.
struct GeminiObserver: StreamObserver {
    /// The candidates that were seen, and those that have finished: a bit for each index.
    private var seen: UInt64 = 0
    private var finished: UInt64 = 0
    private var isBlocked = false

    mutating func observe(_ event: ObservedEvent, _ observation: inout ResponseObservation) -> EventDisposition {
        var walk = JSONWalk(event.data)
        guard walk.enterObject() else { return .forward }
        while let key = walk.nextKey() {
            if walk.isKey(key, "candidates"), walk.enterArray() {
                while walk.nextElement() { readCandidate(&walk, &observation) }
            } else if walk.isKey(key, "usageMetadata") {
                observation.usage.merge(Gemini.UsageMetadata(&walk).usage)
            } else if walk.isKey(key, "promptFeedback"), walk.enterObject() {
                while let key = walk.nextKey() {
                    if walk.isKey(key, "blockReason") { isBlocked = true }
                    walk.value()
                }
            } else if walk.isKey(key, "error"), walk.peek() == UInt8(ascii: "{") {
                let error = JSONValue(copying: event.data, walk.value())
                if observation.error == nil { observation.error = ErrorReader.streamError(error) }
            } else {
                walk.value()
            }
        }
        return .forward
    }

    mutating func observeEnd(_ observation: inout ResponseObservation) {
        observation.isComplete = isBlocked || seen != 0 && seen == finished
    }

    private mutating func readCandidate(_ walk: inout JSONWalk, _ observation: inout ResponseObservation) {
        guard walk.enterObject() else {
            walk.value()
            return
        }
        var index = 0
        var isFinished = false
        while let key = walk.nextKey() {
            if walk.isKey(key, "content"), walk.enterObject() {
                while let key = walk.nextKey() {
                    if walk.isKey(key, "parts"), walk.enterArray() {
                        while walk.nextElement() { readPart(&walk, &observation) }
                    } else {
                        walk.value()
                    }
                }
            } else if walk.isKey(key, "index") {
                index = walk.tokenCount() ?? 0
            } else if walk.isKey(key, "finishReason") {
                if let reason = walk.text() { isFinished = !reason.range.isEmpty } else { walk.value() }
            } else {
                walk.value()
            }
        }
        let bit: UInt64 = 1 << UInt64(min(index, 63))
        seen |= bit
        if isFinished { finished |= bit }
    }

    private func readPart(_ walk: inout JSONWalk, _ observation: inout ResponseObservation) {
        guard walk.enterObject() else {
            walk.value()
            return
        }
        while let key = walk.nextKey() {
            if walk.isKey(key, "text"), let text = walk.text() {
                observation.contentBytes &+= walk.decodedCount(of: text)
                if !text.range.isEmpty { observation.hasContent = true }
            } else if walk.isKey(key, "functionCall") {
                observation.contentBytes &+= walk.value().count
                observation.hasContent = true
            } else if walk.isKey(key, "inlineData") {
                observation.hasContent = true
                walk.value()
            } else {
                walk.value()
            }
        }
    }
}

/// Relays a stream of server-sent events to a client that wants a JSON array: the same elements, one by one.
struct GeminiArrayRelay: ResponseTransform {
    private var framer = EventFramer()
    private var observer = GeminiObserver()
    private let requestID: String
    private var hasElements = false
    /// What ended the stream before its time; thrown by the next call, after the client has got what came before it.
    private var failure: GatewayError?
    private(set) var observation = ResponseObservation()
    var mayQuoteError: Bool { observation.error != nil }

    var contentType: String? { "application/json" }
    var keepsLength: Bool { false }

    init(requestID: String) {
        self.requestID = requestID
    }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        if let failure { throw failure }
        let output = relay(try framer.consume(bytes))
        if let failure, output.readableBytes == 0 { throw failure }
        return output
    }

    mutating func finish() throws(GatewayError) -> ByteBuffer {
        if let failure { throw failure }
        let rest = framer.finish()
        var output = framer.isLastReadable(in: rest) ? relay(rest) : ByteBuffer()
        observer.observeEnd(&observation)
        guard observation.isComplete || observation.error != nil else { throw .endedEarly }
        output.writeStaticString(hasElements ? "]" : "[]")
        return output
    }

    mutating func fail(_ error: GatewayError) -> ByteBuffer {
        var output = ByteBuffer()
        beginElement(&output)
        output.writeImmutableBuffer(Gemini().encodeError(error, requestID: requestID))
        output.writeStaticString("]")
        return output
    }

    private mutating func relay(_ buffer: ByteBuffer) -> ByteBuffer {
        var output = ByteBuffer()
        buffer.withUnsafeReadableBytes { bytes in
            for frame in framer.frames where frame.hasData && failure == nil {
                if let joined = frame.joined {
                    framer.joinedData[joined].withUnsafeReadableBytes { relayElement($0, &output) }
                } else {
                    relayElement(UnsafeRawBufferPointer(rebasing: bytes[frame.data]), &output)
                }
            }
        }
        return output
    }

    private mutating func relayElement(_ data: UnsafeRawBufferPointer, _ output: inout ByteBuffer) {
        // Anything else would break the array that is around it.
        guard JSONValue(copying: data, 0..<data.count) != nil else {
            failure = .unreadableAnswer("an event is not JSON")
            return
        }
        let name = UnsafeRawBufferPointer(rebasing: data[0..<0])
        _ = observer.observe(ObservedEvent(name: name, data: data), &observation)
        beginElement(&output)
        output.writeBytes(data)
    }

    private mutating func beginElement(_ output: inout ByteBuffer) {
        output.writeStaticString(hasElements ? ",\r\n" : "[")
        hasElements = true
    }
}
