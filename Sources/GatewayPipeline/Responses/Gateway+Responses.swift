// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// How calls refer to earlier answers, and how answers are kept for later calls.
extension Gateway {
    /// Who may serve a call, in the order in which they are asked, with the conversation that it refers to put into it.
    func plan(_ call: inout Call, _ service: PreparedService) async throws(GatewayError) -> [PreparedDestination] {
        if call.isUnmanaged { return service.destinations }
        let refersToAnswers = translator.traits(of: call.apiType).refersToAnswers
        let holder = refersToAnswers || call.opened == nil ? try await holder(&call, service) : nil
        let compacted = refersToAnswers ? try await compactedTurns(of: call, service) : nil
        let destinations: [PreparedDestination]
        if let holder {
            destinations = [holder]
        } else {
            var affinity = Affinity()
            if service.hasSeveralDestinations, let envelope = call.opened?.envelope {
                let headers = call.request.headers
                affinity = try await largeBodies.run(over: envelope.bytes) { () throws(GatewayError) in
                    Affinity(of: envelope, headers: headers, translator)
                }
            }
            if let origin = compacted?.origin { affinity.origins.insert(origin, at: 0) }
            destinations = try service.route(call.apiType, random: call.random, affinity)
            if let first = destinations.first, affinity.origins.contains(first.origin) {
                call.stateHolder = first.origin
            }
        }
        guard let compacted else { return destinations }
        guard let reader = destinations.first, reader.origin == compacted.origin else {
            throw .compactedElsewhere(compacted, service)
        }
        if destinations.count > 1 { call.heldCompaction = compacted.path }
        return [reader]
    }

    /// The turns of a call that only who compacted them can read (reasoning-14); nil where there are none.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if nobody can read all of them: any vendor would refuse them, in words that say nothing of the reason.
    private func compactedTurns(
        of call: borrowing Call,
        _ service: PreparedService
    ) async throws(GatewayError) -> CompactedTurns? {
        guard let envelope = call.opened?.envelope else { return nil }
        let bytes = envelope.bytes / LargeBodies.scanShare
        let found = try await largeBodies.run(over: bytes) { () throws(GatewayError) in
            translator.compactions(in: envelope)
        }
        if let stranger = found.first(where: { $0.origin == nil || $0.origin != found[0].origin }) {
            throw .compactedElsewhere(stranger, service)
        }
        return found.first
    }

    /// The one destination that can serve a call, since its provider keeps what the call refers to; nil where any can.
    private func holder(
        _ call: inout Call,
        _ service: PreparedService
    ) async throws(GatewayError) -> PreparedDestination? {
        if case .stored(let response, _) = call.subject {
            guard let holder = service.holder(of: response, for: call.apiType) else {
                throw GatewayError(
                    .responseNotFound,
                    "The response '\(response.key.id)' is stored by the provider '\(response.provider)', which '\(response.service)' no longer calls."
                )
            }
            call.heldResponseID = response.key.id
            return holder
        }
        guard translator.traits(of: call.apiType).refersToAnswers, let latest = call.opened?.envelope else {
            return nil
        }
        let reference = try translator.reference(of: latest)
        guard let id = reference.previousID else {
            if reference.isStored { call.storedInput = try translator.input(of: latest) }
            return nil
        }
        let previous = try await previousResponse(id, of: call.caller)
        switch previous.content {
        case .kept(let exchange):
            // A request of a few bytes may hold a conversation of megabytes.
            try call.client.hold(exchange.bytes, for: call.caller.account)
            let envelope = try await largeBodies.run(over: exchange.bytes + latest.bytes) { () throws(GatewayError) in
                try translator.resume(latest, after: exchange)
            }
            call.opened = translator.open(envelope)
            if reference.isStored { call.storedInput = try translator.input(of: envelope) }
            return nil
        case .vendor:
            guard let holder = service.holder(of: previous, for: call.apiType) else {
                throw .heldElsewhere(previous, service)
            }
            if reference.isStored { call.storedInput = ByteBuffer() }
            call.heldResponseID = id
            return holder
        case .tooLarge(let bytes):
            throw .tooLargeToStore(id, bytes: bytes, responses.settings, parameter: "previous_response_id")
        }
    }

    private func previousResponse(_ id: String, of caller: Caller) async throws(GatewayError) -> StoredResponse {
        guard let response = try await responses.response(StoredResponse.Key(owner: caller.identity, id: id)) else {
            // The words and the code are OpenAI's (2026-11); the status is ours, one for all that is not the caller's.
            throw GatewayError(
                .responseNotFound,
                "Previous response with id '\(id.prefixOfUTF8(128))' not found.",
                vendorCode: "previous_response_not_found",
                parameter: "previous_response_id"
            )
        }
        return response
    }

    /// How much of an answer is recorded.
    func recording(
        of call: borrowing Call,
        by destination: Destination,
        in format: WireFormat
    ) -> ResponseRecording {
        guard let input = call.storedInput else { return .none }
        if format == call.apiType.wireFormat, destination.keepsResponses { return .identifier }
        return .whole(maximumBytes: max(0, responses.settings.maximumBytesKept - input.readableBytes))
    }
}

extension Call {
    /// What is remembered of its answer; nil where that cannot be referred to.
    func storedResponse(of record: RecordedResponse) -> StoredResponse? {
        guard let service, let destination, let input = storedInput else { return nil }
        let content: StoredResponse.Content =
            if let body = record.body {
                .kept(StoredResponse.Exchange(input: input, response: body))
            } else if record.bytes > 0 {
                .tooLarge(bytes: input.readableBytes + record.bytes)
            } else {
                .vendor
            }
        return StoredResponse(
            key: StoredResponse.Key(owner: caller.identity, id: record.id),
            createdAt: eventTime,
            service: service.service.name.description,
            provider: destination.service.name.description,
            model: destination.model,
            content: content
        )
    }

    /// An error, with what it means to a call that only one destination can serve.
    func explain(_ error: GatewayError) -> GatewayError {
        guard error.code.allowsFallback else { return error }
        var error = error
        if let heldResponseID {
            error.message +=
                " No other destination was tried, since only this provider has the response '\(heldResponseID.prefixOfUTF8(128))'."
        } else if let heldCompaction {
            error.message +=
                " No other destination was tried, since only this one can read the compaction in '\(heldCompaction)'."
        }
        return error
    }
}

extension GatewayError {
    /// An answer that a provider has which the service does not call, or calls in another API.
    static func heldElsewhere(_ response: StoredResponse, _ service: PreparedService) -> GatewayError {
        GatewayError(
            .invalidRequest,
            "The response '\(response.key.id)' is stored by the provider '\(response.provider)', which '\(service.service.name)' does not call in the Responses API. Use the model that created the response, or send the whole conversation as `input`.",
            vendorCode: "previous_response_not_found",
            parameter: "previous_response_id"
        )
    }

    /// Turns of a conversation that somebody compacted who is not asked.
    static func compactedElsewhere(_ turns: CompactedTurns, _ service: PreparedService) -> GatewayError {
        GatewayError(
            .invalidRequest,
            "'\(turns.path)' holds earlier turns that only the account that compacted them can read, and '\(service.service.name)' cannot send them to it. Use the model that made the compaction, or send those turns instead of it.",
            vendorCode: "invalid_encrypted_content",
            parameter: turns.path
        )
    }

    /// An answer of which only its size is known.
    static func tooLargeToStore(
        _ id: String,
        bytes: Int,
        _ settings: Configuration.Server.Responses,
        parameter: String
    ) -> GatewayError {
        GatewayError(
            .responseNotFound,
            "The response '\(id)' was not stored: it has \(bytes) bytes with its conversation, more than the limit of \(settings.maximumBytesKept) (`server.responses.\(settings.narrowestBound)`). Send the whole conversation as `input`.",
            parameter: parameter
        )
    }
}
