// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

/// Carries one upstream answer through its transform to the client.
///
/// The head of the answer waits for the first bytes of its body: so both go out in one write, and an upstream that fails at once leaves room for another.
///
/// The call is lent to each of its steps.
struct AnswerRelay {
    private let head: UpstreamHead
    private var transform: any ResponseTransform
    private let traits: ClientTraits
    /// What policies make of the answer; nil where none looks at it.
    private var review: AnswerReview?
    /// Takes what the client gets of a reviewed answer that is to be recorded.
    private var recorder: (any ResponseTransform)?
    private let isStreaming: Bool
    private let dropped: [String]
    private let isRepaired: Bool
    /// Where what was recorded goes.
    private let responses: StoredResponses
    /// Whether a piece of the answer is on its way to the client; one that fails was not delivered.
    private var isSending = false
    private let largeBodies: LargeBodies
    /// What a stream began with before its content, kept back while another destination may still answer.
    private var opening = ByteBuffer()
    /// Until when ``opening`` is kept back; nil where it is not.
    private var openingEnd: NIODeadline?
    /// Whether the content has begun, or nobody waits for it.
    private var hasContent = false
    /// Bytes that the transform has taken since it last gave something out: what it may have to read at the next.
    private var unread: Int
    /// The part of a whole answer that may quote an error, until there is all of it: a credential may be cut anywhere.
    private var held = ByteBuffer()

    /// Most bytes that a stream may begin with before they go out all the same.
    private static let maximumOpening = 64 << 10
    /// How long they are kept back: for the client they are a sign of life.
    private static let openingTime = TimeAmount.seconds(10)

    /// Most bytes that are held.
    private static let maximumHeld = 256 << 10

    /// A relay of one answer.
    ///
    /// `earlierBytes` is the size of the part before, of an answer in parts.
    init(
        head: UpstreamHead,
        translation: Translation,
        traits: ClientTraits,
        review: AnswerReview? = nil,
        largeBodies: LargeBodies,
        responses: StoredResponses,
        earlierBytes: Int = 0
    ) {
        self.head = head
        self.responses = responses
        transform = translation.response
        self.traits = traits
        recorder = translation.recorder
        self.review = review
        isStreaming = translation.isStreaming
        dropped = translation.dropped
        isRepaired = translation.withheldState
        self.largeBodies = largeBodies
        unread = earlierBytes
    }

    /// Runs to the end of the answer.
    ///
    /// - Throws: what went wrong before anything was sent. Later an error becomes the last event of a stream or cuts a whole answer off, and is thrown as well.
    mutating func run(_ call: inout Call, from answer: any UpstreamExchange) async throws(GatewayError) {
        do throws(GatewayError) {
            try await relay(&call, from: answer)
            // A stream that ended with the upstream's error was answered with 200; the row shall tell what happened.
            note(status: transform.observation.error?.status ?? head.status, in: &call)
        } catch {
            answer.cancel()
            if error.code == .clientClosed, !isSending, transform.observation.isComplete {
                // It has all of the answer and did not wait for the end of the transfer, as SDKs do behind `[DONE]`.
                keepRecord(of: call)
                return note(status: transform.observation.error?.status ?? head.status, in: &call)
            }
            note(status: error.status, in: &call)
            if call.hasStarted, error.code != .clientClosed { end(call, with: error) }
            throw error
        }
    }

    private mutating func relay(_ call: inout Call, from answer: any UpstreamExchange) async throws(GatewayError) {
        let client = call.client
        try await begin(call)
        if !isStreaming {
            hasContent = true
            answer.noteContent()
        } else if call.hasAlternative {
            openingEnd = .now() + (call.service?.service.timeouts.firstToken.map { TimeAmount($0) } ?? Self.openingTime)
        }
        while let bytes = try await answer.next() {
            unread += bytes.readableBytes
            // Of a whole answer nothing is read before its end.
            var output =
                unread > largeBodies.threshold && isStreaming
                ? try await consumeElsewhere(bytes) : try transform.consume(bytes)
            if output.readableBytes > 0, isStreaming { unread = 0 }
            try checkStart(call, of: answer)
            if answer.hasEnded {
                let rest = try await finishTransform()
                if output.readableBytes == 0 { output = rest } else { output.writeImmutableBuffer(rest) }
                return try await finish(output, &call)
            }
            if transform.mayQuoteError { output = redacted(output, call, isLast: false) }
            if review != nil {
                output = try await reviewed(output)
                guard review?.hasEnded != true else {
                    answer.cancel()
                    return send(takeOpening(before: output), &call)
                }
            }
            guard output.readableBytes > 0 else {
                if !isStreaming { try call.hold(bytes.readableBytes) }
                continue
            }
            if keepsBack(output) { continue }
            if opening.readableBytes > 0 { output = takeOpening(before: output) }
            if !call.hasStarted { start(&call) }
            isSending = true
            try await client.write(output)
            isSending = false
        }
        try await finish(try await finishTransform(), &call)
    }

    private mutating func begin(_ call: borrowing Call) async throws(GatewayError) {
        let head = head
        try await largeBodies.run(over: unread) { () throws(GatewayError) in try transform.begin(head) }
        unread = 0
        if isStreaming, traits.repeatsRequest { unread = call.opened?.envelope.bytes ?? 0 }
    }

    private mutating func consumeElsewhere(_ bytes: ByteBuffer) async throws(GatewayError) -> ByteBuffer {
        try await largeBodies.run(over: unread) { () throws(GatewayError) in try transform.consume(bytes) }
    }

    private mutating func finishTransform() async throws(GatewayError) -> ByteBuffer {
        // Also where the client has left: the row shall tell what the answer cost.
        let outcome = await largeBodies.finish(over: unread) {
            Result { () throws(GatewayError) in try transform.finish() }
        }
        return try outcome.get()
    }

    /// An upstream that reports an error before any content has failed as if it had said so in its status: another destination may succeed.
    private mutating func checkStart(
        _ call: borrowing Call,
        of answer: any UpstreamExchange
    ) throws(GatewayError) {
        // Asked at each piece of a stream, and an observation is long to copy.
        guard !call.hasStarted || !hasContent else { return }
        let observation = transform.observation
        if let error = observation.error, !observation.hasContent, !call.hasStarted { throw error }
        guard !hasContent, observation.hasContent else { return }
        hasContent = true
        answer.noteContent()
    }

    /// Keeps a piece back that comes before the content, as long as that is worth it.
    private mutating func keepsBack(_ output: ByteBuffer) -> Bool {
        guard let openingEnd, !hasContent, opening.readableBytes + output.readableBytes <= Self.maximumOpening,
            openingEnd > .now()
        else {
            openingEnd = nil
            return false
        }
        opening.writeImmutableBuffer(output)
        return true
    }

    private mutating func takeOpening(before output: ByteBuffer) -> ByteBuffer {
        guard opening.readableBytes > 0 else { return output }
        defer { opening = ByteBuffer() }
        opening.writeImmutableBuffer(output)
        return opening
    }

    private func start(_ call: inout Call) {
        call.noteFirstByte()
        var headers = headers(for: &call)
        if review == nil, transform.keepsLength, !transform.mayQuoteError,
            let length = head.headers.first(name: "content-length")
        {
            headers.add(name: "content-length", value: length)
        }
        call.client.start(status: head.status, headers: headers)
    }

    /// A piece of output that may quote an error, without credentials of the upstream.
    private mutating func redacted(_ output: ByteBuffer, _ call: borrowing Call, isLast: Bool) -> ByteBuffer {
        guard let redaction = call.destination?.service.credentialRedaction else { return output }
        guard !isStreaming else { return redaction.redacted(output) }
        held.writeImmutableBuffer(output)
        guard isLast || held.readableBytes > Self.maximumHeld else { return ByteBuffer() }
        defer { held = ByteBuffer() }
        return redaction.redacted(held)
    }

    private mutating func finish(_ output: ByteBuffer, _ call: inout Call) async throws(GatewayError) {
        var output = transform.mayQuoteError ? redacted(output, call, isLast: true) : output
        if review != nil { output = try await reviewed(output, isLast: true) }
        send(takeOpening(before: output), &call)
    }

    /// Sends the end of the answer, or all of one of which nothing was sent.
    private mutating func send(_ output: ByteBuffer, _ call: inout Call) {
        // Before the client gets the end of the answer: what it may refer to then must be there.
        keepRecord(of: call)
        guard !call.hasStarted else { return call.client.finish(output) }
        call.noteFirstByte()
        call.client.send(status: head.status, headers: headers(for: &call), body: output)
    }

    /// What the policies let pass.
    private mutating func reviewed(
        _ output: ByteBuffer,
        isLast: Bool = false
    ) async throws(GatewayError) -> ByteBuffer {
        guard var review else { return output }
        defer { self.review = review }
        var passed = isLast ? try await review.finish(output) : try await review.pass(output)
        let isOver = isLast || review.hasEnded
        if !isLast, isOver { passed.writeImmutableBuffer(try await review.finish(ByteBuffer())) }
        if recorder != nil {
            _ = try recorder?.consume(passed)
            if isOver { _ = try recorder?.finish() }
        }
        return passed
    }

    private func keepRecord(of call: borrowing Call) {
        let recorded = recorder.map(\.recorded) ?? transform.recorded
        guard call.storedInput != nil, let record = recorded, transform.observation.error == nil else { return }
        if let response = call.storedResponse(of: record) { responses.keep(response) }
    }

    /// Tells the client that the rest will not come: in its own dialect within a stream, else by cutting the answer off.
    private mutating func end(_ call: borrowing Call, with error: GatewayError) {
        guard isStreaming else { return call.client.abort() }
        var error = error
        if let service = call.destination?.service { error.redact(service.credentialRedaction) }
        let output = transform.fail(error)
        call.client.finish(review?.fail(output) ?? output)
    }

    private func note(status: Int, in call: inout Call) {
        call.status = status
        call.observation = transform.observation
    }

    private func headers(for call: inout Call) -> HTTPHeaders {
        let made = review?.contentType ?? transform.contentType
        let contentType = made ?? head.headers.first(name: "content-type") ?? "application/json"
        call.contentType = contentType
        var headers: HTTPHeaders = ["content-type": contentType, "x-request-id": call.requestID]
        for name in traits.requestIDHeaders { headers.add(name: name, value: call.requestID) }
        if let service = call.destination?.service, !service.headerPolicy.response.isEmpty {
            let redaction = service.credentialRedaction
            for (name, value) in head.headers
            where service.headerPolicy.response.passes(name) && !HeaderPolicy.isNeverAnswered(name.lowercased()) {
                // The account's limits are not the caller's.
                if call.limitStatus != nil, LimitStatus.isLimitHeader(name) { continue }
                // Nearly all are numbers and times.
                let shown = value.utf8.count < redaction.shortestText ? value : redaction.redacted(value)
                headers.add(name: name.lowercased(), value: shown)
            }
        }
        for (name, value) in call.limitHeaders(traits) { headers.add(name: name, value: value) }
        // Also where nobody has read that it is one.
        if isStreaming || head.isEventStream {
            headers.add(name: "cache-control", value: "no-cache")
            headers.add(name: "x-accel-buffering", value: "no")
        }
        if call.destination?.service.isSimulated == true { headers.add(name: "x-gatehouse-simulated", value: "true") }
        if isRepaired { headers.add(name: "x-gatehouse-repaired", value: "opaque state") }
        if !dropped.isEmpty { headers.add(name: "x-gatehouse-dropped", value: dropped.joined(separator: ", ")) }
        return headers
    }
}
