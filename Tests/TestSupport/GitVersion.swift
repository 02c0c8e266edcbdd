/// The version of the git to compare with, as a number that can be compared: 2.55.0 is 255.
public let gitVersion: Int = {
    let text = (try? output(gitPath, ["--version"])) ?? ""
    let words = text.split(separator: " ")
    let numbers = words.count > 2 ? words[2].split(separator: ".") : []
    guard numbers.count >= 2, let major = Int(numbers[0]), let minor = Int(numbers[1]) else { return 0 }
    return major * 100 + minor
}()

/// Whether the git to compare with is one whose messages, formats and options these tests know. An older one lacks some of them, and
/// what is compared with them is skipped.
public let gitIsCurrent = gitVersion >= 250
