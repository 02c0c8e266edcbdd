import StrataModel
import Testing

@Suite struct SignatureTests {
    private static let zones: [(offset: Int32, text: String)] = [
        (0, "+0000"), (-1, "-0001"), (330, "+0530"), (-720, "-1200"), (5999, "+9959"), (6039, "+9999"),
        (-6039, "-9999"), (Int32.max, "+9999"), (Int32.min, "-9999"),
    ]

    /// What a reflog with an odd zone says must be read back when it is written again.
    @Test func zonesHaveFourDigits() {
        for (offset, text) in Self.zones {
            var output: [UInt8] = []
            Signature.appendTime(seconds: 7, offsetMinutes: offset, to: &output)
            #expect(String(decoding: output, as: UTF8.self) == "7 \(text)")
        }
    }
}
