interface NoticeProps {
  readonly said: string | undefined
  readonly refused: string | undefined
}

/** What the last press of a button came to. */
export const Notice = ({ said, refused }: NoticeProps) => {
  if (said !== undefined)
    return (
      <p class="notice" role="status">
        {said}
      </p>
    )
  if (refused === undefined) return null
  return (
    <p class="notice bad" role="alert">
      {refused}
    </p>
  )
}
