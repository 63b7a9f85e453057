// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Rebuilds a stream in another format, event by event.
struct StreamTranslation: ResponseTransform {
    private let client: any ClientDialect
    private let answer: AnswerContext
    private var framer: any StreamFramer
    private var decoder: any StreamDecoder
    private var encoder: any StreamEncoder
    private var adaptations: Adaptations
    /// The data of the events that the framer found last.
    private var frames: [ByteBuffer] = []
    private var events: [ModelEvent] = []
    /// Whether the model has refused; OpenAI says so in what it writes, not in why it ended.
    private var hasRefusal = false
    /// What ended the stream before its time; thrown by the next call, after the client has got what came before it.
    private var failure: GatewayError?
    /// Whether there is a ``failure``; asked at each event, where looking at the error itself would copy it.
    private var hasFailed = false
    /// Whether the client has got the end of its stream.
    private var isOver = false
    /// How many bytes may still be written: each of an event that is read adds to them.
    private var remainingBytes: Int
    private(set) var observation = ResponseObservation()
    var mayQuoteError: Bool { observation.error != nil }

    var contentType: String? { client.streamContentType(for: answer) }
    var keepsLength: Bool { false }

    init(
        from upstream: any UpstreamDialect,
        to client: any ClientDialect,
        answer: AnswerContext,
        adaptations: Adaptations = Adaptations()
    ) {
        self.client = client
        self.adaptations = adaptations
        self.answer = answer
        // Answers may repeat what was asked.
        remainingBytes = TranslationBound.bytes(reading: answer.request?.value.range.count ?? 0)
        framer = upstream.makeStreamFramer()
        decoder = upstream.makeStreamDecoder(for: answer)
        encoder = client.makeStreamEncoder(for: answer)
    }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        if hasFailed, let failure { throw failure }
        var broken: GatewayError?
        do throws(GatewayError) {
            try framer.consume(bytes, into: &frames)
        } catch {
            broken = error
        }
        // Kept no longer, so that the framer's memory is its own again.
        defer { frames.removeAll(keepingCapacity: true) }
        var output = ByteBuffer()
        if !frames.isEmpty, !isOver {
            output = ByteBufferAllocator().buffer(capacity: 2 * bytes.readableBytes + 64)
            translate(into: &output)
        }
        if let broken, !isOver, !hasFailed { fail(later: broken) }
        if hasFailed, output.readableBytes == 0, let failure { throw failure }
        return output
    }

    mutating func finish() throws(GatewayError) -> ByteBuffer {
        if hasFailed, let failure { throw failure }
        var output = ByteBuffer()
        framer.finish(into: &frames)
        if !isOver { translate(into: &output, isCutOff: true) }
        if !isOver {
            events.removeAll(keepingCapacity: true)
            // What cannot be ended has ended early.
            try? decoder.finish(into: &events)
            encode(into: &output)
        }
        guard isOver else { throw failure ?? .endedEarly }
        return output
    }

    mutating func fail(_ error: GatewayError) -> ByteBuffer {
        let error = client.rephrased(error)
        var output = ByteBuffer()
        if encoder.encodeFailure(error, into: &output) { return output }
        return client.encodeStreamError(error, requestID: answer.identity.requestID)
    }

    /// Remembers what the next call throws.
    private mutating func fail(later error: GatewayError) {
        failure = error
        hasFailed = true
    }

    /// Translates the events that the framer found.
    ///
    /// Of an event that lacks its end, only one that can be read counts: the rest was cut off.
    private mutating func translate(into output: inout ByteBuffer, isCutOff: Bool = false) {
        for data in frames {
            events.removeAll(keepingCapacity: true)
            // By the event, so that the bound does not depend on where the bytes were cut.
            remainingBytes &+= TranslationBound.bytesPerStreamedByte &* data.readableBytes
            do throws(StreamFailure) {
                try decoder.decode(data, into: &events)
            } catch {
                encode(into: &output)
                if !isCutOff { end(with: error, into: &output) }
                return
            }
            encode(into: &output)
            if isOver || hasFailed { return }
        }
    }

    /// Writes what the decoder found.
    private mutating func encode(into output: inout ByteBuffer) {
        adaptations.undo(in: &events)
        for event in events {
            let start = output.readableBytes
            defer { remainingBytes &-= output.readableBytes &- start }
            guard remainingBytes >= 0 else {
                return fail(later: .unreadableAnswer("the response grows beyond its limit"))
            }
            switch event {
            case .text(_, let text), .toolArguments(_, let text), .reasoning(_, let text):
                observation.contentBytes &+= text.utf8Count
                observation.hasContent = true
            case .partStart(let index, .toolCall(var call, let state)):
                observation.hasContent = true
                guard let id = call.itemID, Self.isLong(id) else { break }
                call.itemID = nil
                encoder.encode(.partStart(candidate: index, .toolCall(call, state: state)), into: &output)
                continue
            case .partStart(_, .refusal): hasRefusal = true
            case .partStart(_, .media): observation.hasContent = true
            case .finish(_, .other(let reason)) where !observation.hasContent:
                // What it cost may be told behind it.
                for case .usage(let usage) in events { observation.usage.merge(usage) }
                return end(with: .reported(.endedWithoutContent(reason)), into: &output)
            case .finish(let index, .stop) where hasRefusal:
                encoder.encode(.finish(candidate: index, .refusal), into: &output)
                continue
            case .usage(let usage): observation.usage.merge(usage)
            case .end:
                observation.isComplete = true
                isOver = true
            case .start(let id, let model):
                encoder.encode(
                    .start(
                        id: id.flatMap { Self.isLong($0) ? nil : answer.uniqueID($0) },
                        model: model.flatMap { Self.isLong($0) ? nil : $0 }
                    ),
                    into: &output
                )
                continue
            case .partStart, .partEnd, .finish, .reasoningBreak, .state, .citation, .logprobs: break
            }
            encoder.encode(event, into: &output)
        }
        if observation.serviceTier == nil { observation.serviceTier = decoder.serviceTier }
    }

    /// Whether a name or an id that each event of a stream may repeat is longer than any vendor's, so that the gateway's own takes its place.
    private static func isLong(_ text: JSONString) -> Bool { text.writtenBytes > 256 }

    /// Ends the stream with an error that the upstream reported, or remembers that its bytes make no sense.
    private mutating func end(with reason: StreamFailure, into output: inout ByteBuffer) {
        switch reason {
        case .reported(let error):
            var noted = error
            noted.status = client.rephrased(error).status
            observation.error = noted
            isOver = true
            output.writeImmutableBuffer(fail(error))
        case .unreadable(let cause):
            fail(later: .unreadableAnswer(cause))
        }
    }
}
