"""What others do, run beside ours: the ordinary Django way in, and CloudKitty's rater."""
