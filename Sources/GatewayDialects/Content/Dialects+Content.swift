// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension Dialects {
    package func content(of request: OpenedRequest) -> [ContentSpan] {
        guard let dialect = dialect(request.envelope.apiType.wireFormat) else { return [] }
        var reader = ContentReader()
        reader.read(request.envelope.scan, dialect.content)
        return reader.spans
    }

    package func replace(_ edits: [ContentEdit], in request: inout OpenedRequest) throws(GatewayError) {
        guard !edits.isEmpty else { return }
        let envelope = request.envelope
        let splices = edits.sorted { $0.range.lowerBound < $1.range.lowerBound }.map { edit in
            JSONSplice.Edit(edit.range, with: JSONValue { $0.string(edit.text) }.bytes)
        }
        let scan: JSONScan
        do throws(JSONError) {
            scan = try JSONScan(JSONSplice.apply(splices, to: envelope.scan.value.document), watching: .references)
        } catch {
            throw .invalidJSON(error)
        }
        request.replace(try envelope.with(scan))
    }
}

extension RequestEnvelope {
    /// The same request with another body.
    func with(_ scan: JSONScan) throws(GatewayError) -> RequestEnvelope {
        var envelope = RequestEnvelope(
            apiType: apiType,
            scan: scan,
            model: model,
            modelValue: modelValue == nil ? nil : try scan.member("model"),
            isStreaming: isStreaming,
            wantsServerSentEvents: wantsServerSentEvents
        )
        envelope.previousResponseID = previousResponseID
        return envelope
    }
}
