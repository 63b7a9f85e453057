// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What of an earlier answer a request asks for: the end of the path `/responses/{id}…`.
package enum ResponsePart: String, Sendable {
    case whole = ""
    case inputItems = "/input_items"
}
