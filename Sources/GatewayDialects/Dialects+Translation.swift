// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension Dialects {
    package func prepare(
        _ opened: inout OpenedRequest,
        for target: TranslationTarget,
        answer: AnswerIdentity
    ) throws(GatewayError) -> Translation {
        let envelope = opened.envelope
        if envelope.apiType.wireFormat == target.format { try ReferenceCheck.check(envelope, target.references) }
        switch envelope.apiType.operation {
        case .countTokens: return try prepareCount(&opened, for: target)
        case .embed: return try prepareEmbeddings(&opened, for: target, answer: answer)
        case .compact:
            guard envelope.apiType.wireFormat == target.format else { throw .unsupportedAPI(of: envelope) }
            return try relay(envelope, to: target, answer: answer)
        case .generate: break
        }
        if envelope.apiType.wireFormat == target.format,
            try dialect(target.format)?.canRelay(envelope, to: target) != false
        {
            return try relay(envelope, to: target, answer: answer)
        }
        guard let (client, upstream) = pair(envelope.apiType.wireFormat, target.format) else {
            throw .unsupportedAPI(of: envelope)
        }
        var (request, dropped) = try decode(&opened, from: client)
        let adaptations = try adapt(&request, to: upstream, target, dropped: &dropped)
        let withheldState = target.withholdsState && request.withholdState(of: target.origin)
        if withheldState { dropped.note("earlier reasoning") }
        try GatewayError.checkCancellation()
        let body = try upstream.encodeRequest(request, to: target, dropped: &dropped)
        var context = AnswerContext(
            apiType: envelope.apiType,
            identity: answer,
            model: target.model,
            includesUsage: request.includesUsage
        )
        context.origin = target.origin
        context.wantsServerSentEvents = envelope.wantsServerSentEvents || target.wantsSteps
        context.request = envelope.scan
        context.callIDs = request.callIDs
        context.hasEarlierAnswers =
            envelope.previousResponseID != nil || request.messages.contains { $0.role == .assistant }
        context.previousResponseID = envelope.previousResponseID
        let response: any ResponseTransform
        if envelope.isStreaming {
            if request.includesUsage || client.alwaysReportsUsage(envelope.apiType) {
                context.estimatedInput = opened.estimatedInput(by: promptFields)
            }
            response = StreamTranslation(from: upstream, to: client, answer: context, adaptations: adaptations)
        } else {
            response = WholeTranslation(from: upstream, to: client, answer: context, adaptations: adaptations)
        }
        var translation = Translation(
            body: [body],
            isStreaming: envelope.isStreaming,
            response: response,
            dropped: dropped.names
        )
        translation.withheldState = withheldState
        complete(&translation, of: envelope, target)
        return translation
    }

    /// The request in the gateway's own terms, decoded and checked the first time: everything here holds for any target.
    func decode(
        _ opened: inout OpenedRequest,
        from client: any ClientDialect
    ) throws(GatewayError) -> (ModelRequest, DroppedMembers) {
        // A count is made of another request than the one that was sent.
        let envelope = opened.counted.known ?? opened.envelope
        let decoded = try opened.model.get { () throws(GatewayError) in
            var dropped = DroppedMembers()
            var request = try client.decodeRequest(envelope, dropped: &dropped)
            request.origin = client.format
            request.fieldNames = client.fieldNames
            request.maximumBytes = TranslationBound.bytes(reading: envelope.scan.value.range.count)
            try FieldBounds.check(request)
            request.separateCalls()
            return OpenedRequest.Decoded(request, dropped: dropped.names)
        }
        return (decoded.value, DroppedMembers(decoded.dropped))
    }

    /// Checks a request against its target and changes it to what that can take.
    ///
    /// - Returns: What changes the answer back.
    func adapt(
        _ request: inout ModelRequest,
        to upstream: any UpstreamDialect,
        _ target: TranslationTarget,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> Adaptations {
        request.model = target.model
        try ReferenceCheck.check(request, target.references)
        try GatewayError.checkCancellation()
        try MediaCheck.check(request, target.mediaLimits)
        // Agents ask for as much as their own models can say.
        if let most = target.limits.maximumOutput, let asked = request.maximumOutput, asked > most {
            request.maximumOutput = most
            dropped.note("max_tokens above \(most)")
        }
        return try Adaptations(of: &request, to: target, upstream.features(of: target), dropped: &dropped)
    }

    /// Bodies up to this size are spliced into one new buffer; larger ones are sent in pieces.
    private static var largestCopiedBody: Int { 64 << 10 }

    /// The same format on both sides: the client's bytes with the model replaced.
    private func relay(
        _ envelope: RequestEnvelope,
        to target: TranslationTarget,
        answer: AnswerIdentity
    ) throws(GatewayError) -> Translation {
        guard let dialect = dialect(target.format) else {
            throw GatewayError(
                .internalFailure,
                "The gateway does not know this API.",
                cause: target.format.apiTypeName
            )
        }
        try MediaCheck.check(envelope.scan.value, target)
        var changes = try dialect.relayEdits(for: envelope, to: target)
        let states = dialect.stateRules.flatMap { StateEdits.of(envelope.scan.value, by: $0, to: target) }
        if let states { changes.edits += states.edits }
        let namesModel = dialect.namesModelInBody && changes.namesModel
        let body = Self.body(of: envelope, model: namesModel ? target.model : nil, changes)
        var response = dialect.makeRelay(
            for: RelayContext(
                apiType: envelope.apiType,
                isStreaming: envelope.isStreaming,
                requestID: answer.requestID,
                hidesUsage: changes.hidesUsage,
                wantsServerSentEvents: envelope.wantsServerSentEvents || target.wantsSteps,
                estimatedInput: changes.estimatedInput
            )
        )
        let isStreaming = envelope.isStreaming
        if let ids = Self.repeatedIDs(in: dialect, envelope, target, answer) {
            response = AnswerEditing(response, ids, isStreaming: isStreaming)
        }
        if let previous = envelope.previousResponseID, envelope.apiType.operation == .generate {
            response = AnswerEditing(response, PreviousResponseID(previous), isStreaming: isStreaming)
        }
        var translation = Translation(
            body: body,
            isStreaming: isStreaming,
            response: response,
            dropped: changes.dropped + (states?.dropped ?? [])
        )
        translation.withheldState = states?.hasWithheld == true
        complete(&translation, of: envelope, target)
        return translation
    }

    /// What makes the ids of a relayed answer unique; nil where they are, or where there is nothing yet that they could repeat.
    private static func repeatedIDs(
        in dialect: any RelayedDialect,
        _ envelope: RequestEnvelope,
        _ target: TranslationTarget,
        _ answer: AnswerIdentity
    ) -> RepeatedIDs? {
        guard target.traits.repeatsIDs == true, envelope.apiType.operation == .generate, let ids = dialect.answerIDs
        else { return nil }
        let request = envelope.scan.value.document
        let changesAnswer: Bool
        if dialect.clientTraits.refersToAnswers {
            // The gateway finds an answer by its id, in whatever conversation; the upstream finds those that it keeps.
            changesAnswer = target.traits.keepsResponses != true
        } else {
            changesAnswer = request.contains(#""assistant""#)
            guard changesAnswer || envelope.scan.range(ofMember: "tools") != nil else { return nil }
        }
        return RepeatedIDs(ids, request: request, answer, changesAnswer: changesAnswer)
    }

    /// The client's body with the model and other parts of it replaced.
    static func body(of envelope: RequestEnvelope, model: String?, _ changes: RelayEdits) -> [ByteBuffer] {
        let document = envelope.scan.value.document
        var edits = changes.edits
        var added = ByteBuffer()
        if let model {
            if let value = envelope.modelValue {
                if value.text.map({ $0 == model }) != true {
                    edits.append(JSONSplice.Edit(value.range, with: jsonString(model)))
                }
            } else {
                added.writeStaticString(#""model":"#)
                added.writeImmutableBuffer(jsonString(model))
            }
        }
        for member in changes.members {
            if added.readableBytes > 0 { added.writeStaticString(",") }
            added.writeStaticString(member)
        }
        edits.sort { $0.range.lowerBound < $1.range.lowerBound }
        if added.readableBytes > 0 {
            let end = envelope.scan.closingBrace
            if !envelope.scan.isEmpty {
                var separated = ByteBuffer(staticString: ",")
                separated.writeImmutableBuffer(added)
                added = separated
            }
            edits.append(JSONSplice.Edit(end..<end, with: added))
        }
        guard !edits.isEmpty else { return [document] }
        if document.readableBytes <= largestCopiedBody { return [JSONSplice.apply(edits, to: document)] }
        return JSONSplice.pieces(edits, of: document)
    }

    private static func jsonString(_ text: String) -> ByteBuffer {
        var writer = JSONWriter(into: ByteBufferAllocator().buffer(capacity: text.utf8.count + 16))
        writer.string(text)
        return writer.buffer
    }
}
