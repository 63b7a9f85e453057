// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

extension Gateway {
    /// Asks one destination, a second time only where it refused opaque state that the request replays.
    ///
    /// Such a request would fail for ever: whoever replays a conversation cannot tell which part of it went bad. So it goes once more without any state,
    /// unless the answer has begun (reasoning-06).
    func attempt(
        _ call: inout Call,
        _ envelope: RequestEnvelope,
        _ prepared: PreparedDestination,
        _ exchange: any HTTPExchange,
        _ upstream: any UpstreamClient
    ) async throws(GatewayError) {
        guard let format = prepared.format(for: envelope.apiType) else {
            throw GatewayError(
                .internalFailure,
                "The destination '\(prepared.destination.label)' cannot serve this API."
            )
        }
        call.destination = prepared.destination
        call.observation = ResponseObservation()
        if envelope.apiType.operation == .countTokens, !prepared.countsTokens(in: format) {
            return try await estimate(&call, envelope, exchange)
        }
        var target = target(of: call, prepared, format)
        do throws(GatewayError) {
            try await ask(&call, envelope, prepared, target, exchange, upstream)
        } catch {
            guard !call.hasStarted, envelope.apiType.operation == .generate,
                translator.refusesState(error, from: format)
            else { throw error }
            target.withholdsState = true
            let repaired = try await translate(envelope, to: target, call)
            guard repaired.withheldState else { throw error }
            call.observation = ResponseObservation()
            try await ask(&call, envelope, prepared, target, exchange, upstream, repaired)
        }
    }

    private func target(of call: Call, _ prepared: PreparedDestination, _ format: WireFormat) -> TranslationTarget {
        let destination = prepared.destination
        var target = TranslationTarget(
            format: format,
            model: destination.model,
            limits: destination.limits,
            defaultMaximumOutput: call.snapshot.configuration.defaultMaximumOutput,
            origin: prepared.origin,
            traits: destination.traits,
            mediaLimits: destination.mediaLimits,
            anthropicBeta: destination.service.headerPolicy.anthropicBeta
        )
        target.references = destination.service.references[format] ?? .none
        target.wrapsState = call.service?.hasSeveralDestinations == true
        target.recording = recording(of: call, by: destination, format)
        return target
    }

    private func translate(
        _ envelope: RequestEnvelope,
        to target: TranslationTarget,
        _ call: Call
    ) async throws(GatewayError) -> Translation {
        let identity = AnswerIdentity(requestID: call.requestID, created: Int(call.eventTime / 1_000_000))
        let isRelayed = target.format == envelope.apiType.wireFormat
        let bytes = isRelayed ? envelope.bytes / LargeBodies.scanShare : envelope.bytes
        return try await largeBodies.run(over: bytes) { () throws(GatewayError) in
            try translator.translate(envelope, to: target, answer: identity)
        }
    }

    /// Sends the request and relays its answer; an attempt in the usage row, however it ends.
    ///
    /// `repaired` is the request without its state, where the destination is asked again.
    private func ask(
        _ call: inout Call,
        _ envelope: RequestEnvelope,
        _ prepared: PreparedDestination,
        _ target: TranslationTarget,
        _ exchange: any HTTPExchange,
        _ upstream: any UpstreamClient,
        _ repaired: Translation? = nil
    ) async throws(GatewayError) {
        let destination = prepared.destination
        let start = NIODeadline.now()
        let action = repaired != nil ? "RETRY" : call.attempts.isEmpty ? "ROUTE" : "FALLBACK"
        var vendorRequestID: String?
        do throws(GatewayError) {
            var translation = if let repaired { repaired } else { try await translate(envelope, to: target, call) }
            var request = prepared.request(
                target.format,
                envelope.apiType.operation,
                isStreaming: translation.isStreaming,
                clientHeaders: call.request.headers,
                body: []
            )
            translation.dropped += call.refusedBetaFlags(by: destination.service.headerPolicy)
            var earlierBytes = 0
            let account = call.caller.account
            for body in translation.earlierBodies {
                request.body = body
                defer { call.observation = translation.response.observation }
                try await part(
                    request,
                    to: destination,
                    target.format,
                    into: &translation.response,
                    after: &earlierBytes,
                    upstream,
                    holding: { (bytes) throws(GatewayError) in try exchange.hold(bytes, for: account) }
                )
            }
            request.body = translation.body
            let answer = try await send(request, to: destination, upstream)
            let head = answer.head
            vendorRequestID =
                head.headers.first(name: "x-request-id") ?? head.headers.first(name: "request-id")
                ?? head.headers.first(name: "x-amzn-requestid")
            if envelope.apiType.operation == .countTokens,
                destination.service.provider.uncountedStatuses.contains(head.status)
            {
                answer.cancel()
                try await estimate(&call, envelope, exchange)
            } else {
                guard (200..<300).contains(head.status) else {
                    throw try await failure(answer, target.format, destination)
                }
                let recorder: ((RecordedResponse, Call) -> Void)? =
                    target.recording == .none ? nil : { keep($0, of: $1, by: destination) }
                var relay = AnswerRelay(
                    head: head,
                    translation: translation,
                    call: call,
                    largeBodies: largeBodies,
                    earlierBytes: earlierBytes,
                    keep: recorder
                )
                defer { call = relay.call }
                try await relay.run(from: answer, to: exchange)
            }
        } catch {
            var error = error
            let redaction = destination.service.credentialRedaction
            error.redact(redaction)
            call.noteAttempt(
                destination,
                action,
                since: start,
                status: error.status,
                error: error,
                vendorRequestID: vendorRequestID.map(redaction.redacted)
            )
            throw error
        }
        call.noteAttempt(
            destination,
            action,
            since: start,
            status: call.status,
            error: nil,
            vendorRequestID: vendorRequestID
        )
    }

    /// Asks for a part of an answer that is not the last one.
    ///
    /// Nothing of it reaches the client yet, so a failure leaves room for another destination. `bytes` is the size of the part before, then of this one; `hold` counts
    /// what is kept of it for the caller.
    private func part(
        _ request: UpstreamRequest,
        to destination: Destination,
        _ format: WireFormat,
        into response: inout any ResponseTransform,
        after bytes: inout Int,
        _ upstream: any UpstreamClient,
        holding hold: (Int) throws(GatewayError) -> Void
    ) async throws(GatewayError) {
        let answer = try await send(request, to: destination, upstream)
        defer { answer.cancel() }
        guard (200..<300).contains(answer.head.status) else { throw try await failure(answer, format, destination) }
        let head = answer.head
        try await largeBodies.run(over: bytes) { () throws(GatewayError) in try response.begin(head) }
        bytes = 0
        while let piece = try await answer.next() {
            bytes += piece.readableBytes
            do throws(GatewayError) {
                try hold(piece.readableBytes)
            } catch {
                throw error.endingTheCall
            }
            _ = try response.consume(piece)
        }
    }

    /// Answers a count of tokens without an upstream.
    private func estimate(
        _ call: inout Call,
        _ envelope: RequestEnvelope,
        _ exchange: any HTTPExchange
    ) async throws(GatewayError) {
        let body = try await largeBodies.run(over: envelope.bytes) { () throws(GatewayError) in
            try translator.estimatedCount(of: envelope)
        }
        call.noteFirstByte()
        call.status = 200
        call.contentType = "application/json"
        let headers: HTTPHeaders = [
            "content-type": "application/json", "x-request-id": call.requestID, "x-gatehouse-estimated": "true",
        ]
        exchange.send(status: 200, headers: headers, body: body)
    }

    /// Reads an upstream's error, of which only a bounded part matters.
    func failure(
        _ answer: any UpstreamExchange,
        _ format: WireFormat,
        _ destination: Destination
    ) async throws(GatewayError) -> GatewayError {
        let head = answer.head
        var body = ByteBuffer()
        while body.readableBytes < 64 << 10, var bytes = try await answer.next() { body.writeBuffer(&bytes) }
        answer.cancel()
        guard head.status >= 400 else {
            return GatewayError(
                .upstreamUnavailable,
                "The provider '\(destination.service.name)' returned status \(head.status), which the gateway does not follow."
            )
        }
        return translator.upstreamError(
            format,
            status: head.status,
            body: body,
            retryAfter: head.headers.first(name: "retry-after")?.prefixOfUTF8(64),
            provider: destination.service.name.description
        )
    }
}
