// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Rebuilds a stream in another format, event by event.
struct StreamTranslation: ResponseTransform {
    private let client: any ClientDialect
    private let answer: AnswerContext
    private var framer = EventFramer()
    private var decoder: any StreamDecoder
    private var encoder: any StreamEncoder
    private var adaptations: Adaptations
    private var events: [ModelEvent] = []
    /// What ended the stream before its time; thrown by the next call, after the client has got what came before it.
    private var failure: GatewayError?
    private(set) var observation = ResponseObservation()

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
        decoder = upstream.makeStreamDecoder(for: answer)
        encoder = client.makeStreamEncoder(for: answer)
    }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        if let failure { throw failure }
        let buffer = try framer.consume(bytes)
        guard !framer.frames.isEmpty, !isOver else { return ByteBuffer() }
        var output = ByteBufferAllocator().buffer(capacity: 2 * buffer.readableBytes + 64)
        translate(buffer, into: &output)
        return output
    }

    mutating func finish() throws(GatewayError) -> ByteBuffer {
        if let failure { throw failure }
        var output = ByteBuffer()
        let rest = framer.finish()
        if !isOver { translate(rest, into: &output, isCutOff: true) }
        if !isOver {
            events.removeAll(keepingCapacity: true)
            decoder.finish(into: &events)
            encode(into: &output)
        }
        guard isOver else { throw .endedEarly }
        return output
    }

    mutating func fail(_ error: GatewayError) -> ByteBuffer {
        var output = ByteBuffer()
        if encoder.encodeFailure(error, into: &output) { return output }
        return client.encodeStreamError(error, requestID: answer.identity.requestID)
    }

    /// Whether the client has got the end of its stream.
    private var isOver: Bool { observation.isComplete || observation.error != nil }

    /// Translates the framer's frames.
    ///
    /// Of an event that lacks its blank line, only one that can be read counts: the rest was cut off.
    private mutating func translate(_ buffer: ByteBuffer, into output: inout ByteBuffer, isCutOff: Bool = false) {
        for frame in framer.frames where frame.hasData {
            let data: ByteBuffer
            if let joined = frame.joined {
                data = framer.joinedData[joined]
            } else {
                data = buffer.view(of: frame.data)
            }
            events.removeAll(keepingCapacity: true)
            var thrown: StreamFailure?
            do throws(StreamFailure) {
                try decoder.decode(data, into: &events)
            } catch {
                thrown = error
            }
            encode(into: &output)
            if let thrown {
                if isCutOff { return }
                end(with: thrown, into: &output)
            }
            if isOver || failure != nil { return }
        }
    }

    /// Writes what the decoder found.
    private mutating func encode(into output: inout ByteBuffer) {
        adaptations.undo(in: &events)
        for event in events {
            switch event {
            case .text(_, let text), .toolArguments(_, let text), .reasoning(_, let text):
                observation.contentBytes &+= text.utf8Count
                observation.hasContent = true
            case .partStart(_, .toolCall): observation.hasContent = true
            case .usage(let usage): observation.usage.merge(usage)
            case .end: observation.isComplete = true
            case .start, .partStart, .partEnd, .finish, .reasoningBreak, .state, .citation, .logprobs: break
            }
            encoder.encode(event, into: &output)
        }
        if observation.serviceTier == nil { observation.serviceTier = decoder.serviceTier }
    }

    /// Ends the stream with an error that the upstream reported, or remembers that its bytes make no sense.
    private mutating func end(with reason: StreamFailure, into output: inout ByteBuffer) {
        switch reason {
        case .reported(let error):
            observation.error = error
            output.writeImmutableBuffer(fail(error))
        case .unreadable(let cause):
            failure = .unreadableAnswer(cause)
        }
    }
}

extension ByteBuffer {
    /// The same memory with only these bytes readable, counted from the first readable one.
    ///
    /// A slice would copy where it starts far into the memory.
    fileprivate func view(of range: Range<Int>) -> ByteBuffer {
        var view = self
        view.moveWriterIndex(to: readerIndex &+ range.upperBound)
        view.moveReaderIndex(forwardBy: range.lowerBound)
        return view
    }
}
