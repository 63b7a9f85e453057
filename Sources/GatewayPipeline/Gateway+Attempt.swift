// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

/// How a destination is asked: the same way whatever the call is about.
extension Gateway {
    /// Sends what is asked of a destination and relays its answer; an attempt in the usage row, however it ends.
    ///
    /// `repaired` is the request without its state, where the destination is asked again.
    func attempt(
        _ call: inout Call,
        at destination: PreparedDestination,
        in format: WireFormat,
        isRetry: Bool,
        with repaired: Translation? = nil
    ) async throws(GatewayError) {
        let start = NIODeadline.now()
        let ticket = begin(&call, at: destination, start)
        let action = isRetry ? "RETRY" : call.attempts.isEmpty ? "ROUTE" : "FALLBACK"
        var vendorRequestID: String?
        var failure: GatewayError?
        do throws(GatewayError) {
            var attempt = try await prepare(&call, at: destination, in: format, with: repaired)
            attempt.request.deadline = call.deadline
            let isLast = attempt.translation.earlierBodies.isEmpty
            let earlierBytes = isLast ? 0 : try await askForEarlierParts(&attempt, of: &call)
            attempt.request.body = attempt.translation.body
            let answer = try await send(attempt.request, to: destination.destination, over: call.upstream)
            vendorRequestID = answer.head.requestID
            try await take(answer, of: attempt, for: &call, after: earlierBytes)
        } catch {
            let redaction = destination.destination.service.credentialRedaction
            vendorRequestID = vendorRequestID.map(redaction.redacted)
            failure = error
            failure?.redact(redaction)
            failure?.vendorFormat = format
        }
        call.noteAttempt(
            at: destination.destination,
            action: action,
            since: start,
            failure: failure,
            vendorRequestID: vendorRequestID
        )
        end(&call, at: destination, ticket, failure: failure)
        if let failure { throw failure }
    }

    /// What a destination is asked.
    private func prepare(
        _ call: inout Call,
        at destination: PreparedDestination,
        in format: WireFormat,
        with repaired: Translation?
    ) async throws(GatewayError) -> Attempt {
        switch call.subject {
        case .stored(let response, let part):
            return storedAttempt(call, at: destination, in: format, about: part, of: response)
        case .unmanaged(let path):
            return try unmanagedAttempt(call, at: destination, in: format, to: path)
        case .request:
            var translation: Translation
            if let repaired {
                translation = repaired
            } else {
                translation = try await translate(&call, for: destination, in: format)
            }
            translation.dropped += destination.destination.service.headerPolicy.droppedFlags(of: call.request.headers)
            if let notes = call.opened?.envelope.notes { translation.dropped += notes.ignored }
            let request = destination.request(
                format,
                call.apiType.operation,
                isStreaming: translation.isStreaming,
                clientHeaders: call.request.headers,
                clientTarget: call.request.target,
                body: []
            )
            return Attempt(destination: destination, format: format, request: request, translation: translation)
        }
    }

    func translate(
        _ call: inout Call,
        for prepared: PreparedDestination,
        in format: WireFormat,
        withholdsState: Bool = false
    ) async throws(GatewayError) -> Translation {
        let destination = prepared.destination
        var target = TranslationTarget(
            format: format,
            model: destination.model,
            capabilities: destination.capabilities(in: format),
            defaultMaximumOutput: call.snapshot.configuration.defaultMaximumOutput,
            origin: prepared.origin,
            traits: destination.traits,
            anthropicBeta: destination.service.headerPolicy.anthropicBeta
        )
        target.references = prepared.references(in: format)
        target.wrapsState = call.service?.hasSeveralDestinations == true
        target.recording = recording(of: call, by: destination, in: format)
        target.withholdsState = withholdsState
        target.wantsSteps = !call.contentPolicies.isEmpty && call.apiType.operation == .generate
        let answer = call.answerIdentity
        var request = try call.takeRequest()
        defer { call.opened = request }
        let bytes = request.envelope.bytes
        let isRelayed = format == call.apiType.wireFormat
        let work = isRelayed ? bytes / LargeBodies.scanShare : bytes
        let translation = try await largeBodies.run(over: work) { () throws(GatewayError) in
            try translator.prepare(&request, for: target, answer: answer)
        }
        // What is relayed is the client's body, but for what is spliced into it.
        if !isRelayed { try call.hold(translation) }
        return translation
    }

    /// Asks for the parts of an answer before the last one.
    ///
    /// Nothing of them reaches the client yet, so a failure leaves room for another destination.
    /// - Returns: The size of the part before the last one.
    private func askForEarlierParts(_ attempt: inout Attempt, of call: inout Call) async throws(GatewayError) -> Int {
        var bytes = 0
        for body in attempt.translation.earlierBodies {
            attempt.request.body = body
            // What was paid for stands in the row, whatever comes after it.
            defer { call.observation = attempt.translation.response.observation }
            let answer = try await send(attempt.request, to: attempt.destination.destination, over: call.upstream)
            defer { answer.cancel() }
            let head = answer.head
            guard head.isSuccess else { throw try await failure(answer, of: attempt) }
            try await largeBodies.run(over: bytes) { () throws(GatewayError) in
                try attempt.translation.response.begin(head)
            }
            bytes = 0
            while let piece = try await answer.next() {
                bytes += piece.readableBytes
                try call.hold(piece.readableBytes)
                _ = try attempt.translation.response.consume(piece)
            }
        }
        return bytes
    }

    /// Relays an answer, or fails in its words.
    ///
    /// `earlierBytes` is the size of the part before, of an answer in parts.
    private func take(
        _ answer: any UpstreamExchange,
        of attempt: Attempt,
        for call: inout Call,
        after earlierBytes: Int
    ) async throws(GatewayError) {
        var translation = attempt.translation
        let head = answer.head
        switch call.subject {
        case .stored(let response, _):
            do throws(GatewayError) {
                try await note(head, of: response, in: call)
            } catch {
                answer.cancel()
                throw error
            }
            translation = storedTranslation(call, from: attempt.destination, isStreaming: head.isEventStream)
        case .unmanaged: break
        case .request:
            let uncounted = attempt.destination.destination.service.provider.uncountedStatuses
            if call.apiType.operation == .countTokens, uncounted.contains(head.status) {
                answer.cancel()
                return try await estimateTokens(for: &call)
            }
        }
        guard head.isSuccess || (call.isUnmanaged && head.status == 304) else {
            throw try await failure(answer, of: attempt)
        }
        var relay = AnswerRelay(
            head: head,
            translation: translation,
            traits: translator.traits(of: call.apiType),
            review: translation.steps.map { AnswerReview($0, call.contentPolicies) },
            largeBodies: largeBodies,
            responses: responses,
            earlierBytes: earlierBytes
        )
        try await relay.run(&call, from: answer)
    }

    /// Answers a count of tokens without an upstream.
    func estimateTokens(for call: inout Call) async throws(GatewayError) {
        var request = try call.takeRequest()
        defer { call.opened = request }
        let body = try await largeBodies.run(over: request.envelope.bytes) { () throws(GatewayError) in
            try translator.estimatedCount(of: &request)
        }
        call.noteFirstByte()
        call.status = 200
        call.contentType = "application/json"
        let headers: HTTPHeaders = [
            "content-type": "application/json", "x-request-id": call.requestID, "x-gatehouse-estimated": "true",
        ]
        call.client.send(status: 200, headers: headers, body: body)
    }

    /// Reads an upstream's error, of which only a bounded part matters.
    private func failure(
        _ answer: any UpstreamExchange,
        of attempt: Attempt
    ) async throws(GatewayError) -> GatewayError {
        let head = answer.head
        let provider = attempt.destination.destination.service.name
        var body = ByteBuffer()
        while body.readableBytes < 64 << 10, var bytes = try await answer.next() { body.writeBuffer(&bytes) }
        answer.cancel()
        guard head.status >= 400 else {
            return GatewayError(
                .upstreamUnavailable,
                "The provider '\(provider)' returned status \(head.status), which the gateway does not follow."
            )
        }
        var error = translator.upstreamError(
            attempt.format,
            status: head.status,
            body: body,
            retryAfter: head.headers.first(name: "retry-after")?.prefixOfUTF8(64),
            provider: provider.description
        )
        error.upstreamStatus = head.status
        error.shouldRetry = head.headers.first(name: "x-should-retry")?.prefixOfUTF8(64)
        return error
    }
}
